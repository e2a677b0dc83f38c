/* Pages for private octets: mapped, locked and kept out of core files, wiped before they go. */
#include "sign/secret.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

#include "base/err.h"

/* Address space, not memory: twice SIGN_KEYS_MAX of RSA's largest keys, for while a new set of keys
 * is read the old one is still there. */
#define HEAP_SIZE (128u << 20)
#define HEAP_PIECE 64u

struct secret secret_new(size_t cap)
{
	struct secret s = { .cap = cap };

	s.p = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s.p == MAP_FAILED)
		bug("out of memory");
	(void)mlock(s.p, cap);
	(void)madvise(s.p, cap, MADV_DONTDUMP);
	(void)madvise(s.p, cap, MADV_WIPEONFORK);
	return s;
}

void secret_free(struct secret *s)
{
	if (!s->p)
		return;
	OPENSSL_cleanse(s->p, s->cap);
	munmap(s->p, s->cap);
	*s = (struct secret){ 0 };
}

void secret_heap(void)
{
	if (!CRYPTO_secure_malloc_initialized())
		(void)CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_PIECE);
}
