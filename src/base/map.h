/* Hash maps from byte strings to pointers, in an arena, keyed by a random SipHash key. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"
#include "base/hash.h"

struct map;

/* fold: keys are compared and hashed without regard to ASCII case. */
struct map *map_new(struct arena *a, bool fold);

/* The value stored under key, or NULL. */
void *map_get(const struct map *m, struct str key);

/* Stores a non-NULL value and returns the one that was there before (NULL: none). The key's bytes
 * are not copied: they must live as long as the map. Keys are not removed. */
void *map_put(struct map *m, struct str key, void *value);

size_t map_len(const struct map *m);

/* Entries in the order of their first insertion, 0 <= i < map_len. */
struct str map_key_at(const struct map *m, size_t i);
void *map_at(const struct map *m, size_t i);

#endif
