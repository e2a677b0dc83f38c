/* Whose own counts are kept where. */
#include <sys/mman.h>

#include "learn/svm.h"

uint64_t model_user_id(const struct model *m, struct str user)
{
	uint64_t id = hash_sip13_fold(model_key(m), user);

	return id ? id : 1;
}

size_t model_user_find(const struct model *m, uint64_t id)
{
	for (size_t i = 0; i < MODEL_USERS; i++)
		if (MODEL_GET(&m->n.user[i].id) == id)
			return i;
	return MODEL_USERS;
}

void model_user_clear(struct model *m, size_t u)
{
	bool *changed = m->changed + MODEL_GLOBAL_BLOCKS + u * MODEL_USER_BLOCKS;

	MODEL_SET(&m->n.user[u].id, 0);
	MODEL_SET(&m->n.user[u].ham, 0);
	MODEL_SET(&m->n.user[u].spam, 0);
	MODEL_SET(&m->n.user[u].used, 0);
	if (madvise(m->u[u], sizeof m->u[u], MADV_REMOVE) != 0)
		memset(m->u[u], 0, sizeof m->u[u]);
	memset(changed, true, MODEL_USER_BLOCKS);
}

size_t model_user_place(struct model *m, uint64_t id)
{
	size_t u = model_user_find(m, id);

	if (u < MODEL_USERS)
		return u;
	u = 0;
	for (size_t i = 1; i < MODEL_USERS; i++)
		if (m->n.user[i].used < m->n.user[u].used)
			u = i;
	model_user_clear(m, u);
	MODEL_SET(&m->n.user[u].id, id);
	return u;
}

void model_erase_user(struct trainer_state *t, struct str user)
{
	size_t u = model_user_find(t->model, model_user_id(t->model, user));

	if (u == MODEL_USERS)
		return;
	model_user_clear(t->model, u);
	MODEL_SET(&t->model->n.events, t->model->n.events + 1);
}
