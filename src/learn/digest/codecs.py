#!/usr/bin/python3
"""Prints codecs.inc: what Python 3 takes for names of charsets, and its tables of single octets."""
import codecs
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
    "euc_jp": "ICU:euc-jp-2007", "euc_jis_2004": "ICU:euc-jp-2007",
    "euc_jisx0213": "ICU:euc-jp-2007", "iso2022_jp": "ICU:ISO-2022-JP",
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


def main():
    kinds, upper, whole = {}, {}, {}
    for module in sorted(m.name for m in pkgutil.iter_modules(encodings.__path__)):
        try:
            if module in LEFT_OUT or not codecs.lookup(module)._is_text_encoding:
                continue
        except LookupError:
            continue
        if module in KINDS:
            kinds[module] = KINDS[module]
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
        kind, _, rest = names[name].partition(":")
        index, icu = (rest, "NULL") if rest.isdigit() else ("0", f'"{rest}"' if rest else "NULL")
        print(f'\t{{ "{name}", CODEC_{kind}, {index}, {icu} }},')
    print("};")
    for label, size, tables in (("upper", 128, upper), ("whole", 256, whole)):
        print(f"static const uint16_t codec_{label}[][{size}] = {{")
        for octets in tables:
            print("\n".join(["\t{"] + rows(octets) + ["\t},"]))
        print("};")


main()
