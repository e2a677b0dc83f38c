#!/usr/bin/python3
"""Prints codecs.inc: what Python 3 takes for names of charsets, and its tables of single octets."""
import codecs
import ctypes
import ctypes.util
import encodings.aliases
import pkgutil

KINDS = {
    "ascii": "ASCII", "utf_8": "UTF8", "utf_8_sig": "UTF8_SIG", "utf_7": "ICU:UTF-7",
    "utf_16": "UTF16", "utf_16_le": "UTF16_LE", "utf_16_be": "UTF16_BE", "utf_32": "UTF32",
    "utf_32_le": "UTF32_LE", "utf_32_be": "UTF32_BE",
    "gb2312": "PAIRS:ibm-1383_P110-1999", "gbk": "PAIRS:windows-936-2000",
    "gb18030": "ICU:gb18030", "hz": "ICU:HZ", "big5": "PAIRS:Big5",
    "big5hkscs": "PAIRS:Big5-HKSCS", "cp950": "PAIRS:windows-950-2000",
    "euc_kr": "PAIRS:ibm-970_P110_P110-2006_U2", "cp949": "PAIRS:windows-949-2000",
    "johab": "ICU:johab", "iso2022_kr": "ICU:ISO-2022-KR",
    "shift_jis": "PAIRS:ibm-943_P15A-2003", "cp932": "PAIRS:ibm-943_P15A-2003",
    "shift_jis_2004": "PAIRS:ibm-943_P15A-2003", "shift_jisx0213": "PAIRS:ibm-943_P15A-2003",
    "euc_jp": "PAIRS:euc-jp-2007", "euc_jis_2004": "PAIRS:euc-jp-2007",
    "euc_jisx0213": "PAIRS:euc-jp-2007", "iso2022_jp": "ICU:ISO-2022-JP",
    "iso2022_jp_1": "ICU:ISO-2022-JP-1", "iso2022_jp_2": "ICU:ISO-2022-JP-2",
    "iso2022_jp_2004": "ICU:ISO-2022-JP-2", "iso2022_jp_3": "ICU:ISO-2022-JP-2",
    "iso2022_jp_ext": "ICU:ISO-2022-JP-1",
}
# Decoders of escapes and domain names: what they would make of a mail is not of interest.
LEFT_OUT = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "charmap"}


def table(name):
    """The characters of all 256 octets (0xFFFF: none), or None if it is no such charset."""
    out = []
    for octet in range(256):
        text = bytes([octet]).decode(name, "ignore")
        if len(text) > 1 or text > "\uFFFE":
            return None
        out.append(ord(text) if text else 0xFFFF)
    return out


def rows(items, width=14):
    items = [f"{i:#x}" for i in items]
    return ["\t\t" + ", ".join(items[i:i + width]) + "," for i in range(0, len(items), width)]


# ---- charsets of pairs: ICU has the tables, and what Python has otherwise stands here ----

def icu(name):
    """A function from a pair to ICU's character, or None, as is_character() in pyzor_charset.c wants it."""
    path = ctypes.util.find_library("icuuc")
    lib, suffix = ctypes.CDLL(path), path.rsplit(".", 1)[1]
    lib_open, lib_to = getattr(lib, f"ucnv_open_{suffix}"), getattr(lib, f"ucnv_toUChars_{suffix}")
    lib_open.restype, lib_to.restype = ctypes.c_void_p, ctypes.c_int32
    error = ctypes.c_int(0)
    converter = ctypes.c_void_p(lib_open(name.encode(), ctypes.byref(error)))
    assert error.value <= 0, name
    out = ctypes.create_string_buffer(16)

    def read(octets):
        error = ctypes.c_int(0)
        n = lib_to(converter, out, 8, octets, len(octets), ctypes.byref(error))
        text = out.raw[:2 * n].decode("utf-16-le", "replace") if error.value <= 0 else ""
        code = ord(text) if len(text) == 1 else 0
        return code if 0xA0 <= code < 0xE000 or 0xF8FF < code != 0xFFFD else None
    return read


def differences(codec, name):
    """Ranges (first pair, last pair, first character or 0 for none) where Python is not as ICU."""
    read, out = icu(name), []
    for octet in range(0x80, 0x100):  # those that stand alone, but for half-width Japanese
        text = bytes([octet]).decode(codec, "ignore")
        if text and not (name.startswith("ibm-943") and 0xA0 < octet < 0xE0):
            out.append([octet, octet, ord(text)])
    for pair in range(0x8021, 0x10000):
        octets = pair.to_bytes(2, "big")
        if octets[1] < 0x21 or any(a == octets[0] for a, b, c in out) or (name.startswith("ibm-943") and 0xA0 <= octets[0] < 0xE0):
            continue
        try:
            text = octets.decode(codec)
        except UnicodeDecodeError:
            text = ""
        want = ord(text) if len(text) == 1 else 0
        if want == (read(octets) or 0):
            continue
        last = out[-1] if out else None
        if last and last[1] == pair - 1 and (want == last[2] + pair - last[0] if want else not last[2]):
            last[1] = pair
        else:
            out.append([pair, pair, want])
    return out


def main():
    kinds, upper, whole, pairs = {}, {}, {}, {}
    for module in sorted(m.name for m in pkgutil.iter_modules(encodings.__path__)):
        try:
            if module in LEFT_OUT or not codecs.lookup(module)._is_text_encoding:
                continue
        except LookupError:
            continue
        if module in KINDS:
            kinds[module] = KINDS[module]
            if KINDS[module].startswith("PAIRS:"):
                plain = "shift_jis" if module.startswith("shift_jis") else module
                plain = "euc_jp" if module.startswith("euc_jis") else plain  # the younger ones as these
                differ = tuple(map(tuple, differences(plain, KINDS[module][6:])))
                kinds[module] += f":{pairs.setdefault(differ, len(pairs))}"
            continue
        octets = table(module)
        if octets[:128] == list(range(128)):
            kinds[module] = f"UPPER:{upper.setdefault(tuple(octets[128:]), len(upper))}"
        else:
            kinds[module] = f"WHOLE:{whole.setdefault(tuple(octets), len(whole))}"
    names = dict(kinds)
    for alias, module in encodings.aliases.aliases.items():
        if module in kinds:
            names[alias] = kinds[module]
    print("/* Made by codecs.py: names of charsets as Python 3 knows them, and single octets. */")
    print("static const struct codec_name codec_names[] = {")
    for name in sorted(names):
        kind, *rest = names[name].split(":")
        index = rest.pop() if rest and rest[-1].isdigit() else "0"
        print(f'\t{{ "{name}", CODEC_{kind}, {index}, ' + (f'"{rest[0]}"' if rest else "NULL") + " },")
    print("};")
    for i, differ in enumerate(pairs):
        print(f"static const struct codec_range codec_pairs_{i}[] = {{")
        print("\n".join(f"\t{{ {a:#x}, {b:#x}, {c:#x} }}," for a, b, c in differ) + "\n};" if differ else
              "\t{ 0, 0, 0 },\n};")
    print("static const struct codec_ranges codec_pairs[] = {")
    for i in range(len(pairs)):
        print(f"\t{{ codec_pairs_{i}, sizeof codec_pairs_{i} / sizeof *codec_pairs_{i} }},")
    print("};")
    for label, size, tables in (("upper", 128, upper), ("whole", 256, whole)):
        print(f"static const uint16_t codec_{label}[][{size}] = {{")
        for octets in tables:
            print("\n".join(["\t{"] + rows(octets) + ["\t},"]))
        print("};")


main()
