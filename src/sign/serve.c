/* The signer's life: packets from lanes, a few from each in turn, and a reply to each. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "sign/wire.h"

#define BATCH 16      /* lanes of one waiting; each has a turn before we look up */
#define TURN 16u      /* packets of a lane's turn, */
#define TURN_US 1000u /* which ends with the one after which so much time has gone */
#define QUICK 8u      /* taken at once, after one for which so little time was needed: */
#define QUICK_US 100u
#define BEAT_MS 500 /* longest waiting */
#define SWEEP_MS 1000

/*
 * Lanes are waited for exclusively: a packet wakes one signer. What is woken owes that packet, so a
 * batch is served to its end even when SIGTERM has come; and since a signer may be killed between
 * its waking and its reading, every lane is looked into once a second whether it says something or
 * not.
 */
struct server {
	const struct sign_keys *keys;
	const int *lane;
	bool *closed; /* by lane */
	size_t n;
	int epoll, term;
	void (*beat)(void *arg);
	void *arg;
	uint64_t beat_ms, sweep_ms;
};

static void watch(struct server *s, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event ev = { .events = events, .data.u64 = tag };

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		bug("a signer cannot wait for a lane: error %d", errno);
}

static void begin(struct server *s)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	s->term = signalfd(-1, &term, SFD_NONBLOCK | SFD_CLOEXEC);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->closed = calloc(s->n + 1, sizeof *s->closed);
	if (s->term < 0 || s->epoll < 0 || !s->closed)
		bug("a signer cannot begin: error %d", errno);
	watch(s, s->term, EPOLLIN, s->n);
	for (size_t i = 0; i < s->n; i++)
		watch(s, s->lane[i], EPOLLIN | EPOLLEXCLUSIVE, i);
	s->beat_ms = s->sweep_ms = clock_mono_ms();
}

static void end(struct server *s)
{
	close(s->epoll);
	close(s->term);
	free(s->closed);
}

/* Its other ends are all closed: it would be ready for ever. */
static void lane_closed(struct server *s, size_t i)
{
	s->closed[i] = true;
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->lane[i], NULL);
}

/* An empty packet reads like the end. */
static bool ended(int lane)
{
	struct pollfd p = { .fd = lane, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}

/* What a lane's turn gave: replies that go out in one packet, so that an asker who waits is woken
 * once. */
struct turn {
	unsigned n;
	struct iovec part[TURN];
	unsigned char reply[TURN][SIGN_REPLY_MAX];
};
_Static_assert(TURN <= SIGN_REPLIES_MAX, "a turn's replies fit into a packet");

/* Who does not read its replies loses them. */
static void send_replies(int lane, struct turn *t)
{
	struct msghdr message = { .msg_iov = t->part, .msg_iovlen = t->n };

	if (t->n)
		(void)sendmsg(lane, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void handle(const struct server *s, struct str packet, struct turn *t)
{
	size_t n = sign_handle(s->keys, packet, t->reply[t->n]);

	t->part[t->n] = (struct iovec){ t->reply[t->n], n };
	t->n += n > 0;
}

/* So many packets at most; how many came. */
static unsigned take_packets(struct server *s, size_t i, unsigned most, struct turn *t)
{
	char in[QUICK][SIGN_REQUEST_SIZE + 1];
	struct mmsghdr message[QUICK] = { 0 };
	struct iovec part[QUICK];
	int got;

	for (unsigned k = 0; k < most; k++) {
		part[k] = (struct iovec){ in[k], sizeof in[k] };
		message[k].msg_hdr.msg_iov = &part[k];
		message[k].msg_hdr.msg_iovlen = 1;
	}
	got = recvmmsg(s->lane[i], message, most, MSG_DONTWAIT, NULL);
	for (int k = 0; k < got; k++)
		handle(s, str_of(in[k], message[k].msg_len), t);
	if (got > 0 && (message[got - 1].msg_len || !ended(s->lane[i])))
		return (unsigned)got;
	if (got >= 0 || (errno != EAGAIN && errno != EINTR && errno != ENOMEM && errno != ENOBUFS))
		lane_closed(s, i);
	return 0;
}

/* What is taken is signed before anybody else's: one at a time, unless the last one was quick. */
static void serve_lane(struct server *s, size_t i)
{
	uint64_t begun = clock_mono_us(), last = begun, now = begun;
	unsigned taken = 0, most = 1, got = 1;
	struct turn t;

	t.n = 0;
	while (got && taken < TURN && now - begun < TURN_US) {
		most = taken && now - last < QUICK_US ? QUICK : 1;
		most = most < TURN - taken ? most : TURN - taken;
		last = now;
		got = take_packets(s, i, most, &t);
		taken += got;
		now = clock_mono_us();
	}
	if (!s->closed[i])
		send_replies(s->lane[i], &t);
}

static void now_and_then(struct server *s)
{
	uint64_t now = clock_mono_ms();

	if (s->beat && now - s->beat_ms >= BEAT_MS) {
		s->beat_ms = now;
		s->beat(s->arg);
	}
	if (now - s->sweep_ms < SWEEP_MS)
		return;
	s->sweep_ms = now;
	for (size_t i = 0; i < s->n; i++)
		serve_lane(s, i);
}

/* False: told to end. */
static bool turn(struct server *s)
{
	struct epoll_event ev[BATCH];
	bool more = true;
	int got = epoll_wait(s->epoll, ev, BATCH, BEAT_MS);

	for (int i = 0; i < got; i++) {
		if (ev[i].data.u64 == s->n)
			more = false;
		else
			serve_lane(s, (size_t)ev[i].data.u64);
	}
	now_and_then(s);
	return more;
}

void sign_serve(const struct sign_keys *k, const int *lane, size_t n, void (*beat)(void *arg),
		void *arg)
{
	struct server s = { .keys = k, .lane = lane, .n = n, .beat = beat, .arg = arg };

	begin(&s);
	while (turn(&s))
		;
	end(&s);
}
