/* Constant databases (https://cr.yp.to/cdb/cdb.txt) as tables: all records, in their order. */
#include "checks/sign/opendkim.h"

#define CDB_HEAD 2048u /* 256 pairs of position and length: the records begin behind them */

static uint32_t word_at(struct str octets, size_t at)
{
	const unsigned char *p = (const unsigned char *)octets.p + at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Makers differ about a NUL at the end. */
static struct str without_nul(struct str s)
{
	while (s.n && s.p[s.n - 1] == '\0')
		s.n--;
	return s;
}

int odk_cdb_rows(struct arena *a, struct str octets, struct odk_set *out, struct err *e)
{
	size_t at = CDB_HEAD, end;
	int n = 0;

	if (octets.n < CDB_HEAD)
		return err_at(e, out->name, 0, "no constant database: too short");
	end = word_at(octets, 0); /* the first hash table follows the last record */
	if (end < CDB_HEAD || end > octets.n)
		return err_at(e, out->name, 0, "no constant database: bad position");
	while (end - at >= 8) {
		size_t klen = word_at(octets, at), dlen = word_at(octets, at + 4);
		struct odk_row row = { .line = ++n };

		if (klen > end - at - 8 || dlen > end - at - 8 - klen)
			return err_at(e, out->name, n, "broken record");
		row.key = without_nul(str_sub(octets, at + 8, klen));
		row.value = without_nul(str_sub(octets, at + 8 + klen, dlen));
		at += 8 + klen + dlen;
		if (row.key.n + row.value.n > ODK_LINE_MAX || (size_t)n > ODK_ROWS_MAX)
			return err_at(e, out->name, n, "over a limit (%u octets, %u rows)",
				      ODK_LINE_MAX, ODK_ROWS_MAX);
		if (row.key.n)
			VEC_PUSH(a, out->rows) = row;
	}
	return end == at ? 0 : err_at(e, out->name, n, "broken record");
}
