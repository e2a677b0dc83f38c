#!/usr/bin/python3
"""Prints entities.inc: the named character references of HTML as a sorted, searchable table."""
from html.entities import html5


def lines(items, width=96):
    """Items joined by commas, in lines of at most width columns after their tab."""
    out, line = [], ""
    for item in items:
        if len(line) + len(item) + 2 > width - 8:
            out.append(line.rstrip())
            line = ""
        line += item + ", "
    return out + [line.rstrip()]


def blob(names, width=80):
    text = "".join(names)
    return [f'"{text[i:i + width]}"' for i in range(0, len(text), width)]


def main():
    names = sorted(name[:-1] for name in html5 if name.endswith(";"))
    seconds = sorted({ord(html5[n + ";"][1]) for n in names if len(html5[n + ";"]) > 1})
    assert len(seconds) < 16 and all(ord(v[0]) < 0x20000 for v in html5.values())
    assert all(n + ";" in html5 for n in html5 if not n.endswith(";"))
    offsets, at, values = [], 0, []
    for name in names:
        value = html5[name + ";"]
        second = seconds.index(ord(value[1])) + 1 if len(value) > 1 else 0
        offsets.append(str(at))
        values.append(f"{ord(value[0]) | second << 17 | (name in html5) << 31:#x}")
        at += len(name)
    offsets.append(str(at))
    print("/* Made by entities.py: the named character references (WHATWG HTML 13.5). */")
    print(f"#define ENTITIES {len(names)}u")
    print(f"#define ENTITY_NAME_MAX {max(map(len, names))}u")
    print(f"#define ENTITY_LEGACY_MAX {max(len(n) for n in html5 if not n.endswith(';'))}u")
    print("static const char entity_names[] =")
    print("\n".join("\t" + line for line in blob(names)) + ";")
    print("static const uint16_t entity_at[] = {")
    print("\n".join("\t" + line for line in lines(offsets)))
    print("};\n/* Bit 31: also without a semicolon; bits 17 to 20: which second character, if any. */")
    print("static const uint32_t entity_value[] = {")
    print("\n".join("\t" + line for line in lines(values)))
    print("};\nstatic const uint32_t entity_second[] = {")
    print("\n".join("\t" + line for line in lines(["0"] + [hex(s) for s in seconds])))
    print("};")


main()
