/* Transfer encodings as Python's email package undoes them. */
#include "learn/digest/pyzor_priv.h"

/* Octets that are no digit are passed over, also "=" that does not end a group; the first group
 * that padding ends is the last. False: one digit is left over. */
static bool base64(struct buf *out, struct str in)
{
	unsigned digits = 0, pads = 0, left = 0;
	char *p = buf_room(out, in.n / 4 * 3 + 3), *start = p;

	for (size_t i = 0; i < in.n; i++) {
		int v = ch_base64(in.p[i]);

		if (in.p[i] == '=' && digits >= 2 && digits + ++pads >= 4)
			digits = 4;
		if (digits == 4)
			break;
		if (v < 0)
			continue;
		pads = 0;
		if (digits)
			*p++ = (char)(left << (2 * digits) | (unsigned)v >> (6 - 2 * digits));
		left = (unsigned)v & (0x3Fu >> (2 * digits));
		digits = (digits + 1) % 4;
	}
	out->n += (size_t)(p - start);
	return digits != 1;
}

static void quoted_printable(struct buf *out, struct str in)
{
	for (size_t i = 0; i < in.n;) {
		size_t plain = str_chr(str_skip(in, i), '=');
		int hi, lo;

		buf_add(out, str_sub(in, i, plain));
		if (plain == SIZE_MAX || (i += plain + 1) >= in.n)
			return;
		if (in.p[i] == '\n' || in.p[i] == '\r') { /* up to LF, and be it lines away */
			size_t lf = str_chr(str_skip(in, i), '\n');

			i = lf == SIZE_MAX ? in.n : i + lf + 1;
			continue;
		}
		hi = ch_hex(in.p[i]);
		lo = i + 1 < in.n ? ch_hex(in.p[i + 1]) : -1;
		if (hi >= 0 && lo >= 0) {
			buf_addc(out, (char)(hi * 16 + lo));
			i += 2;
		} else {
			buf_addc(out, '=');
			i += in.p[i] == '=';
		}
	}
}

static struct str without_line_ends(struct arena *a, struct str in)
{
	struct buf b = { .arena = a };

	while (in.n) {
		size_t n = 0;

		while (n < in.n && in.p[n] != '\r' && in.p[n] != '\n')
			n++;
		buf_add(&b, str_sub(in, 0, n));
		in = str_skip(in, n + 1);
	}
	return buf_str(&b);
}

/* ---- uuencode ---- */

/* Cuts a line off *rest, without its end. */
static struct str cut_line(struct str *rest)
{
	size_t n = 0;
	struct str line;

	while (n < rest->n && rest->p[n] != '\r' && rest->p[n] != '\n')
		n++;
	line = str_sub(*rest, 0, n);
	if (n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n')
		n++;
	*rest = str_skip(*rest, n + 1);
	return line;
}

static bool is_begin(struct str line)
{
	struct str mode;

	if (!str_starts(line, STR("begin ")))
		return false;
	line = str_skip(line, 6);
	mode = str_cut(&line, ' ');
	for (size_t i = 0; i < mode.n; i++)
		if (mode.p[i] < '0' || mode.p[i] > '7')
			return false;
	return mode.n > 0;
}

/* One line; what is missing at its end counts as zeros. False: it is no such line. */
static bool uu_line(struct buf *out, struct str line)
{
	unsigned want = ((unsigned char)line.p[0] - 32u) & 63, bits = 0, held = 0;
	size_t i = 1, start = out->n;

	for (; want > 0; i++) {
		unsigned c = i < line.n ? (unsigned char)line.p[i] : 32;

		if (c < 32 || c > 96)
			break;
		held = held << 6 | ((c - 32) & 63);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_addc(out, (char)(held >> bits));
			held &= (1u << bits) - 1;
			want--;
		}
	}
	for (; want == 0 && i < line.n; i++)
		if (line.p[i] != ' ' && line.p[i] != '`')
			break;
	if (want == 0 && i >= line.n)
		return true;
	out->n = start;
	return false;
}

static bool uudecode(struct buf *out, struct str in)
{
	bool begun = false;

	while (in.n && !begun)
		begun = is_begin(cut_line(&in));
	if (!begun)
		return false;
	while (in.n) {
		struct str line = cut_line(&in), bare = line;

		while (bare.n && (ch_wsp(*bare.p) || *bare.p == '\f'))
			bare = str_skip(bare, 1);
		while (bare.n && (ch_wsp(bare.p[bare.n - 1]) || bare.p[bare.n - 1] == '\f'))
			bare.n--;
		if (line.n == 0)
			return false;
		if (str_eq(bare, STR("end")))
			break;
		if (uu_line(out, line))
			continue;
		/* an encoder that wrote more than it says */
		line.n = (((((unsigned char)line.p[0] - 32u) & 63) * 4 + 5) / 3) < line.n
				 ? (((((unsigned char)line.p[0] - 32u) & 63) * 4 + 5) / 3)
				 : line.n;
		if (line.n == 0 || !uu_line(out, line))
			return false;
	}
	return true;
}

struct str pyzor_decode(struct arena *a, struct str encoding, struct str payload)
{
	struct buf out = { .arena = a };

	if (str_ieq(encoding, STR("quoted-printable"))) {
		buf_room(&out, payload.n + 1);
		quoted_printable(&out, payload);
		return buf_str(&out);
	}
	if (str_ieq(encoding, STR("base64"))) {
		struct str in = without_line_ends(a, payload);

		return base64(&out, in) ? buf_str(&out) : in;
	}
	if (str_ieq(encoding, STR("x-uuencode")) || str_ieq(encoding, STR("uuencode")) ||
	    str_ieq(encoding, STR("uue")) || str_ieq(encoding, STR("x-uue")))
		return uudecode(&out, payload) ? buf_str(&out) : payload;
	return payload;
}
