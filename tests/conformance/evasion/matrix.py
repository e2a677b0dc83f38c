"""Small messages that are built to be read in one way by programs and in another by people, and what of
them must be seen: text that is shown, hosts of links, names of files, findings, rules."""
import base64
import io
import struct
import tarfile
import zipfile
import zlib

HEAD = b"From: A <a@sender.example>\nTo: b@reader.example\nSubject: hello\nMIME-Version: 1.0\n"
CASES = []  # (name, message, {"text"|"host"|"file"|"flag"|"rule"|"hidden"|"not": values})


def case(name, message, **want):
    CASES.append((name, message, {k: v if isinstance(v, list) else [v] for k, v in want.items()}))


def octets(s):
    return s if isinstance(s, bytes) else s.encode()


def mail(fields, body):
    return HEAD + octets(fields) + b"\n\n" + octets(body) + b"\n"


def mixed(*parts, boundary="b", kind="mixed"):
    out = b""
    for part in parts:
        out += b"--" + octets(boundary) + b"\n" + octets(part) + b"\n"
    return mail(f'Content-Type: multipart/{kind}; boundary="{boundary}"', out + b"--" + octets(boundary) + b"--")


def html(markup, charset="utf-8"):
    return mail(f"Content-Type: text/html; charset={charset}", markup)


def plain(text, charset="utf-8"):
    return mail(f"Content-Type: text/plain; charset={charset}", text)


def attached(fields, content, encoding="base64"):
    if encoding == "base64":
        content = base64.encodebytes(octets(content))
    return mixed("Content-Type: text/plain\n\nsee the file",
                 octets(fields) + b"\nContent-Transfer-Encoding: " + octets(encoding) + b"\n\n" + octets(content))


def b64(s):
    return base64.b64encode(octets(s)).decode()


# ---- How the message is divided ----
TWO = "Content-Type: text/plain\n\n"
case("two content types, text first", mail("Content-Type: text/plain\nContent-Type: text/html",
     "<a href='http://evil.example/'>QUASAR</a>"), text="QUASAR", host="evil.example", flag="dup-header")
case("two content types, html first", mail("Content-Type: text/html\nContent-Type: text/plain",
     "QUA<!-- x -->SAR"), text="QUASAR", flag="dup-header")
case("two content types, multipart second", mail("Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b",
     "--b\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + b64("<p>QUASAR") + "\n--b--"),
     text="QUASAR", flag="dup-header")
case("two content types, multipart first", mail("Content-Type: multipart/mixed; boundary=b\nContent-Type: text/plain",
     "--b\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + b64("<p>QUASAR") + "\n--b--"),
     text="QUASAR", flag="dup-header")
for order in (("a", "b"), ("b", "a")):
    case("two boundaries, the %s used" % ("second" if order[0] == "a" else "first"),
         mail("Content-Type: multipart/mixed; boundary=%s; boundary=%s" % order,
              "--b\nContent-Transfer-Encoding: base64\n\n" + b64("QUASAR") + "\n--b--"), text="QUASAR", flag="dup-param")
for first, second in (("7bit", "base64"), ("base64", "7bit")):
    case(f"two encodings, {first} and {second}", mail(
        f"Content-Type: text/plain\nContent-Transfer-Encoding: {first}\nContent-Transfer-Encoding: {second}",
        b64("QUASAR http://evil.example/")), text="QUASAR", host="evil.example", flag="dup-header")
    case(f"two encodings, plain, {first} and {second}", mail(
        f"Content-Type: text/plain\nContent-Transfer-Encoding: {first}\nContent-Transfer-Encoding: {second}",
        "QUASAR http://evil.example/"), text="QUASAR", host="evil.example")
INNER = "\n--b\nContent-Transfer-Encoding: base64\n\n" + b64("QUASAR http://evil.example/") + "\n--b--"
for name, param in (
        ("comment behind", 'boundary=b (x)'), ("comment before", 'boundary=(x) b'), ("comment at the type", '(x) boundary="b"'),
        ("folded", '\n\tboundary\n =\n b'), ("blanks around", 'boundary = "b"'), ("trailing semicolon", 'boundary=b;'),
        ("extended", "boundary*=us-ascii''b"), ("extended escapes", "boundary*=us-ascii'en'%62"),
        ("single quotes kept out", 'charset=x; BOUNDARY="b"'), ("unclosed quote", 'boundary="b'),
        ("quoted pair", 'boundary="\\b"'), ("other semicolons", 'x="a;boundary=z"; boundary=b'),
        ("no semicolon before", 'charset=utf-8 boundary=b'), ("empty parameters", ';;; boundary=b')):
    case("boundary: " + name, mail("Content-Type: multipart/mixed; " + param, INNER), text="QUASAR", host="evil.example")
case("boundary in pieces", mail("Content-Type: multipart/mixed; boundary*0=a; boundary*1=b",
     INNER.replace("--b", "--ab")), text="QUASAR")
case("boundary in pieces, disordered", mail("Content-Type: multipart/mixed; boundary*1=b; boundary*0=a",
     INNER.replace("--b", "--ab")), text="QUASAR")
case("boundary with a blank behind", mail('Content-Type: multipart/mixed; boundary="b "', INNER), text="QUASAR")
case("boundary lines with blanks behind", mail("Content-Type: multipart/mixed; boundary=b",
     INNER.replace("--b\n", "--b  \t\n")), text="QUASAR")
case("no boundary", mail("Content-Type: multipart/mixed", INNER), text="QUASAR", flag="bad-boundary")
case("empty boundary", mail('Content-Type: multipart/mixed; boundary=""', INNER.replace("--b", "--")), flag="bad-boundary")
case("nested with equal boundaries", mixed('Content-Type: multipart/alternative; boundary="b"\n' + INNER), text="QUASAR",
     flag="boundary-clash")
case("nested with a prefix boundary", mixed('Content-Type: multipart/alternative; boundary="bb"\n'
     + INNER.replace("--b", "--bb")), text="QUASAR")
case("inner boundary is a prefix", mixed('Content-Type: multipart/alternative; boundary="b"\n' + INNER, boundary="bb"),
     text="QUASAR")
case("preamble without any part", mail("Content-Type: multipart/mixed; boundary=z", "QUASAR http://evil.example/"),
     text="QUASAR", host="evil.example", flag="no-parts")
case("part behind the end", mixed("\nx\n--b--\n--b\nContent-Type: text/html\n\n<a href='http://evil.example/'>QUASAR</a>"),
     text="QUASAR", host="evil.example", flag="after-close")
case("no blank line in a part", mixed("Content-Type: text/html\n<a href='http://evil.example/'>QUASAR</a>"),
     text="QUASAR", host="evil.example", flag="header-cut")
case("no blank line behind the header", HEAD + b"Content-Type: text/html\n<a href='http://evil.example/'>QUASAR</a>\n",
     text="QUASAR", host="evil.example")
case("unclosed", mail("Content-Type: multipart/mixed; boundary=b", "--b\n\nQUASAR"), text="QUASAR", flag="unclosed")
case("bare CR line ends", mixed("\nx").replace(b"--b\n\nx", b"--b\r\rQUASAR"), text="QUASAR")
case("CR CR LF line ends", HEAD.replace(b"\n", b"\r\n") + b"Content-Type: text/html\r\n\r\nQUA<i></i>SAR\r\r\n", text="QUASAR")
case("NUL in the text", plain(b"QUA\0SAR http://evil.example/"), text="QUASAR", host="evil.example", flag="nul")
case("NUL in a tag", html(b"<a hr\0ef='http://evil.example/'>QUASAR</a><a\0 href=\"http://other.example/\">x</a>"),
     text="QUASAR", flag="nul")
case("MIME without its version", mail("", "").replace(b"MIME-Version: 1.0\n", b"Content-Type: text/html\n")
     + b"QUA<b></b>SAR", text="QUASAR", flag="no-version")
case("message in a message", mixed("Content-Type: message/rfc822\n\nSubject: inner\nContent-Type: text/html\n\n"
     "<a href='http://evil.example/'>QUA<b>SAR</b></a>"), text="QUASAR", host="evil.example")
case("message in base64", mixed("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
     + b64("Subject: inner\nContent-Type: text/html\n\n<a href='http://evil.example/'>QUASAR</a>")),
     text="QUASAR", host="evil.example")
case("related with a start that is the second", mail('Content-Type: multipart/related; boundary=b; start="<2>"',
     "--b\nContent-ID: <1>\n\nx\n--b\nContent-ID: <2>\nContent-Type: text/html\n\nQUA<i></i>SAR\n--b--"), text="QUASAR")
case("alternative, three readings", mixed("\none", "Content-Type: text/html\n\n<p>QUA<i></i>SAR",
     "Content-Type: text/calendar\n\nDESCRIPTION:http://evil.example/", kind="alternative"), text="QUASAR", host="evil.example")
for kind in ("text/x-html", "application/xhtml+xml", "text/HTML", " text/html", "text/html ;", "text / html", "TEXT/html(x)",
             "image/svg+xml", "text/xml", "application/octet-stream", "", "text", "html", "text/html/x"):
    case(f"html that is said to be '{kind}'", mail("Content-Type: " + kind,
         "<html><body><a href='http://evil.example/'>QUASAR</a></body></html>"), host="evil.example")
case("encoding in capitals with blanks", mail("Content-Transfer-Encoding:   BASE64 \nContent-Type: text/plain",
     b64("QUASAR")), text="QUASAR")
for enc in ("base64;", "(x) base64", "base64 (x)", '"base64"', "base64\n\t", "x-base64"):
    case(f"encoding written '{enc!r}'", mail(f"Content-Type: text/plain\nContent-Transfer-Encoding: {enc}",
         b64("QUASAR http://evil.example/")), text="QUASAR", host="evil.example")
case("multipart with an encoding", mail("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64", INNER),
     text="QUASAR")
case("multipart really in base64", mail("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64",
     base64.encodebytes(INNER.encode())), host="evil.example")

# ---- Transfer encodings ----
B64 = "Content-Type: text/plain\nContent-Transfer-Encoding: base64"
LONG = b64("hello QUASAR and http://evil.example/ again")
case("base64 with junk", mail(B64, "!*".join(LONG)), text="QUASAR", host="evil.example")
case("base64 with blanks", mail(B64, " \n\t".join(LONG)), text="QUASAR", host="evil.example")
case("base64 padded in the middle", mail(B64, b64("x") + "\n" + LONG), text="QUASAR", host="evil.example")
case("base64 pieces, each padded", mail(B64, "\n".join(b64(c) for c in "QUASAR http://evil.example/")), text="QUASAR",
     host="evil.example")
case("base64 without padding", mail(B64, LONG.rstrip("=")), text="QUASAR", host="evil.example")
case("base64 cut", mail(B64, LONG[:-3]), text="QUASAR")
case("base64 of the URL alphabet", mail(B64, b64("~~~??? QUASAR").replace("+", "-").replace("/", "_")), text="QUASAR")
case("base64 with text in front", mail(B64, LONG + "\n\n--\nBest regards!"), text="QUASAR", host="evil.example")
QP = "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable"
case("qp soft breaks in a URL", mail(QP, "http://ev=\nil.exa=  \nmple/ QUA=\nSAR"), text="QUASAR", host="evil.example")
case("qp lower case hex", mail(QP, "=51=55=41=53=41=52 =68ttp:=2f=2fevil.example=2f"), text="QUASAR", host="evil.example")
case("qp all escapes", mail(QP, "".join("=%02X" % c for c in b"QUASAR http://evil.example/")), text="QUASAR",
     host="evil.example")
case("qp broken escapes", mail(QP, "=ZZ QUASAR= =4 http://evil.example/?a=b"), text="QUASAR", host="evil.example")
case("qp in name only", mail("Content-Type: text/html\nContent-Transfer-Encoding: 7bit", "<p>QUASAR=20"), text="QUASAR")
UU = "begin 644 a.txt\n0%1)34%2(&AT='`Z+R]E=FEL\n`\nend"


def uu(name, data):
    import binascii
    out = f"begin 644 {name}\n"
    for i in range(0, len(data), 45):
        out += binascii.b2a_uu(data[i:i + 45]).decode()
    return out + "`\nend\n"


case("uuencode in a text", plain("see\n\n" + uu("invoice.exe", b"MZ" + bytes(100)).replace("\r", "")), file="invoice.exe")
case("x-uuencode", mixed('Content-Type: application/octet-stream; name="a.exe"\nContent-Transfer-Encoding: x-uuencode\n\n'
     + uu("a.exe", b"MZ\x90\0" + bytes(100))), file="a.exe", rule="MIME_BAD_EXTENSION")

# ---- Charsets ----
case("utf-7", plain("+AFEAVQBBAFMAQQBS- x", "utf-7"), text="QUASAR")
case("utf-7 a URL", plain("+AGgAdAB0AHAAOgAvAC8AZQB2AGkAbAAuAGUAeABhAG0AcABsAGU-/ x", "utf-7"), host="evil.example")
for cs in ("utf-16le", "utf-16be", "utf-32le", "utf-32be"):
    case(cs, mail(f"Content-Type: text/plain; charset={cs}\nContent-Transfer-Encoding: base64",
         b64("QUASAR http://evil.example/ x".encode(cs))), text="QUASAR", host="evil.example")
for cs in ("utf-16le", "utf-16be"):
    case(f"{cs} said to be us-ascii, with a BOM", mail("Content-Type: text/plain\nContent-Transfer-Encoding: base64",
         b64(("\ufeff" + "QUASAR http://evil.example/ x").encode(cs))), text="QUASAR", host="evil.example")
    case(f"{cs} said to be utf-8, with a BOM, html", mail("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64",
         b64(("\ufeff<p>" + "QUASAR <a href=http://evil.example/>x</a>").encode(cs))), text="QUASAR", host="evil.example")
case("utf-8 BOM", plain(b"\xef\xbb\xbfhttp://evil.example/ QUASAR"), text="QUASAR", host="evil.example")
case("iso-2022-jp escapes", plain(b"QUA\x1b(BSAR http://ev\x1b(Bil.example/", "iso-2022-jp"), text="QUASAR",
     host="evil.example")
case("hz escapes", plain("QUA~{~}SAR http://evil.example/", "hz-gb-2312"), text="QUASAR", host="evil.example")
case("charset unknown", plain("QUASAR http://evil.example/", "x-nothing"), text="QUASAR", host="evil.example")
case("charset with quotes", mail("Content-Type: text/plain; charset='utf-16le'\nContent-Transfer-Encoding: base64",
     b64("QUASAR x".encode("utf-16le"))), text="QUASAR")
case("charset of the meta tag", mail("Content-Type: text/html\nContent-Transfer-Encoding: base64",
     b64("<meta charset=utf-7><p>QUASAR")), text="QUASAR")
case("ebcdic", mail("Content-Type: text/plain; charset=cp037\nContent-Transfer-Encoding: base64",
     b64("QUASAR http://evil.example/".encode("cp037"))), text="QUASAR", host="evil.example")
case("cyrillic letters that look so", plain("QU\u0410SAR x"), flag=[])
case("mathematical letters", plain("".join(chr(0x1D400 + ord(c) - 65) for c in "QUASAR")), flag=[])

# ---- HTML: what is shown ----
for name, markup in (
        ("tags", "QU<b></b>A<span>S</span>AR"), ("comments", "QU<!-- -->A<!--x-->SAR"), ("bogus comments", "QU<!x>A<?y>SAR"),
        ("zero width", "QU\u200bA\u200cS\u2060AR"), ("soft hyphens", "QU\u00adA&shy;SAR"),
        ("references", "&#81;&#85;&#x41;&#X53;AR"), ("references without semicolons", "&#81&#85&#x41 &#83".replace(" ", "") + "AR"),
        ("unknown end tags", "QUA</x>S</foo>AR"), ("unclosed tag at the end", "QUASAR<b"), ("wbr", "QUA<wbr>SAR"),
        ("hidden inside", "QUA<span style='display:none'>xx</span>SAR"),
        ("hidden by class", "<style>.a{display:none}</style>QUA<i class=a>xx</i>SAR"),
        ("hidden by id", "<style>#a{font-size:0}</style>QUA<i id=a>xx</i>SAR"),
        ("style behind the text", "QUA<i class=a>xx</i>SAR<style>.a{display:none}</style>"),
        ("hidden by tag name", "<style>u{display:none}</style>QUA<u>xx</u>SAR"),
        ("hidden by several classes", "<style>.a.b{display:none}</style>QUA<i class='b a'>xx</i>SAR"),
        ("hidden by attribute", "<style>[x]{display:none}</style>QUA<i x=1>xx</i>SAR"),
        ("hidden, css comment", "QUA<i style='display:/**/none'>xx</i>SAR"),
        ("hidden, css escape", "QUA<i style='dis\\70lay:none'>xx</i>SAR"),
        ("hidden, important", "QUA<i style='display:none!important;display:inline'>xx</i>SAR"),
        ("hidden, entity in the style", "QUA<i style='display&#58;none'>xx</i>SAR"),
        ("hidden, capitals", "QUA<I STYLE='DISPLAY:NONE'>xx</I>SAR"), ("hidden, opacity", "QUA<i style='opacity:0'>xx</i>SAR"),
        ("hidden, font shorthand", "QUA<i style='font:0/0 a'>xx</i>SAR"),
        ("hidden, white on white", "QUA<font color=white>xx</font>SAR"),
        ("hidden, on the table's ground", "<table bgcolor=red><tr><td>QUA<font color='#ff0000'>xx</font>SAR</table>"),
        ("hidden, nested grounds", "<table bgcolor=red><tr><td><table style='background:#00f'><tr><td>QUA<font color=blue>xx</font>SAR</table></table>"),
        ("hidden, ground by class", "<style>.g{background-color:black;color:white}</style><div class=g>QUA<i style='color:#000'>xx</i>SAR</div>"),
        ("hidden, rgb and hsl", "QUA<i style='color:rgb(255,255,255)'>xx</i><i style='color:hsl(0,0%,100%)'>xx</i>SAR"),
        ("hidden, visibility", "QUA<i style='visibility:hidden'>xx</i>SAR"),
        ("hidden, font size in em", "QUA<i style='font-size:0em'>xx</i>SAR"),
        ("hidden, tiny font", "QUA<i style='font-size:.1px'>xx</i>SAR"),
        ("hidden, max-height", "QUA<i style='display:inline-block;max-height:0;overflow:hidden'>xx</i>SAR"),
        ("hidden, off the screen", "QUA<i style='position:absolute;left:-9999px'>xx</i>SAR"),
        ("hidden, transparent", "QUA<i style='color:transparent'>xx</i>SAR"),
        ("hidden, rgba", "QUA<i style='color:rgba(0,0,0,0)'>xx</i>SAR"),
        ("hidden, mso-hide kept", "QUA<i style='mso-hide:all;display:none'>xx</i>SAR"),
        ("hidden by the hidden attribute", "QUA<i hidden>xx</i>SAR"),
        ("shown inside a media rule of print", "<style>@media print{.a{display:none}}</style><i class=a>QUASAR</i>"),
        ("title and noscript are not the text", "<title>x</title>QUA<noscript></noscript>SAR"),
        ("textarea and button", "<button>QUASAR</button>"), ("marquee", "<marquee>QUASAR</marquee>"),
        ("plaintext", "<plaintext>QUASAR"), ("xmp", "<xmp>QUASAR</xmp>"), ("unclosed comment", "QUASAR<!-- x"),
        ("comment closed by --!>", "<!-- x --!>QUASAR"), ("comment <!-->", "<!-->QUASAR"), ("comment <!--->", "<!--->QUASAR"),
        ("cdata outside svg", "<![CDATA[>QUASAR<!-- ]]>"), ("style unclosed by space", "<style>x</style >QUASAR"),
        ("script closed in capitals", "<script>x</SCRIPT\n>QUASAR"), ("not for mso", "<!--[if !mso]><!-->QUASAR<!--<![endif]-->"),
        ("downlevel-revealed", "<![if !mso]>QUASAR<![endif]>"), ("svg text", "<svg><text>QUASAR</text></svg>"),
        ("broken attribute quote", "<p a=\"x>y\" b='>'>QUASAR"), ("slash attributes", "<p/a=b/c>QUASAR"),
        ("tag with control", "<b\x0c>QUASAR</b>"), ("details", "<details open><summary>QUASAR</summary></details>")):
    case("html text: " + name, html("<html><body>" + markup + "</body></html>"), text="QUASAR")
case("html text: value of a button", html("<form><input type=submit value=QUASAR></form>"), text="QUASAR")
case("html text: alternative text of an image", html("<a href=http://evil.example/><img src=x alt=QUASAR></a>"), host="evil.example")
case("html text: for mso only", html("x<!--[if mso]><a href='http://evil.example/'>QUASAR</a><![endif]-->"), host="evil.example")
case("html text: written backwards", html("<bdo dir=rtl>RASAUQ</bdo>"), flag="rtl")
case("html text: backwards by css", html("<p style='unicode-bidi:bidi-override;direction:rtl'>RASAUQ</p>"), flag="rtl")
case("html text: backwards by characters", html("<p>\u202eRASAUQ\u202c</p>"), flag="rtl")

# ---- HTML: links ----
E = "http://evil.example/"
for name, markup in (
        ("plain", f'<a href="{E}">x</a>'), ("no quotes", f"<a href={E}>x</a>"), ("quote not closed", f'<a href="{E}" x="y>x</a>"'),
        ("back quotes", f"<a href=`{E}`>x</a> {E}"), ("capitals", '<A HREF="HTTP://EVIL.EXAMPLE/">x</A>'),
        ("blanks before", f'<a href="  \n\t{E}">x</a>'), ("tab inside", '<a href="ht\ttp://ev\til.example/">x</a>'),
        ("line end inside", '<a href="http://ev\nil.exa\r\nmple/">x</a>'), ("control before", f'<a href="\x01\x1f{E}">x</a>'),
        ("reference in the scheme", '<a href="&#104;ttp&colon;&sol;&sol;evil&period;example/">x</a>'),
        ("tab and newline references", '<a href="ht&Tab;tp://evil&NewLine;.example/">x</a>'),
        ("one slash", '<a href="http:/evil.example/">x</a>'), ("no slash", '<a href="http:evil.example/">x</a>'),
        ("backslashes", '<a href="http:\\\\evil.example/">x</a>'), ("mixed slashes", '<a href="https:/\\/\\evil.example/">x</a>'),
        ("no scheme", '<a href="//evil.example/x">x</a>'), ("no scheme, backslashes", '<a href="\\\\evil.example/x">x</a>'),
        ("many slashes", '<a href="http://///evil.example/">x</a>'), ("two href", f'<a href="{E}" href="http://good.example/">x</a>'),
        ("base", '<base href="http://evil.example/"><a href="login.html">x</a>'),
        ("base without quotes behind", '<a href="login.html">x</a><base href=http://evil.example/>'),
        ("form", f'<form action="{E}"><input name=a></form>'), ("formaction", f'<form><button formaction="{E}">x</button></form>'),
        ("input formaction", f'<form><input type=submit formaction="{E}"></form>'),
        ("area", f'<map name=m><area href="{E}"></map><img usemap=#m src=cid:1>'), ("svg", f'<svg><a href="{E}"><text>x</text></a></svg>'),
        ("xlink", f'<svg><a xlink:href="{E}"><text>x</text></a></svg>'), ("math", f'<math><mtext href="{E}">x</mtext></math>'),
        ("math xlink", f'<math xlink:href="{E}">x</math>'),
        ("refresh", f'<meta http-equiv=refresh content="0;url={E}">'), ("refresh quotes", f"<meta http-equiv='Refresh' content=\"0; URL='{E}'\">"),
        ("refresh, comma", f'<meta http-equiv=refresh content="0,url={E}">'), ("refresh, no url", f'<meta http-equiv=refresh content="0 {E}">'),
        ("refresh, reference", f'<meta http-equiv="&#114;efresh" content="0;url={E}">'),
        ("img", f'<img src="{E}a.png">'), ("image tag", f'<image src="{E}a.png">'), ("srcset", f'<img srcset="{E}a.png 1x">'),
        ("source srcset", f'<picture><source srcset="{E}a.png 2x, {E}b 1x"></picture>'), ("video poster", f'<video poster="{E}a.png"></video>'),
        ("audio", f'<audio src="{E}a.mp3"></audio>'), ("background", f'<table background="{E}a.png"><tr><td>x</table>'),
        ("body background", f'<body background="{E}a.png">'), ("css url", f"<div style=\"background:url('{E}a.png')\">x</div>"),
        ("css url escape", '<div style="background:u\\72l(http://evil.example/a.png)">x</div>'),
        ("css import", f'<style>@import "{E}a.css";</style>'), ("css import url", f"<style>@import url({E}a.css);</style>"),
        ("link", f'<link rel=stylesheet href="{E}a.css">'), ("ping", f'<a href="#" ping="{E}">x</a>'), ("iframe", f'<iframe src="{E}"></iframe>'),
        ("iframe srcdoc", "<iframe srcdoc='&lt;a href=http://evil.example/&gt;x&lt;/a&gt;'></iframe>"),
        ("frame", f'<frameset><frame src="{E}"></frameset>'), ("object", f'<object data="{E}"></object>'), ("embed", f'<embed src="{E}">'),
        ("applet", f'<applet codebase="{E}" code=x></applet>'), ("script", f'<script src="{E}a.js"></script>'),
        ("vml", f'<v:roundrect href="{E}">x</v:roundrect>'),
        ("vml in a condition", f'<!--[if mso]><v:rect href="{E}"></v:rect><![endif]-->'), ("vml fill", f'<v:fill src="{E}a.png" />'),
        ("data: html in base64", '<a href="data:text/html;base64,' + b64(f"<a href='{E}'>x</a>") + '">x</a>'),
        ("data: html", "<a href=\"data:text/html,%3Ca%20href%3D'http://evil.example/'%3Ex%3C/a%3E\">x</a>"),
        ("data: in data:", '<a href="data:text/html;base64,' + b64('<a href="data:text/html;base64,' + b64(f"<a href='{E}'>x</a>") + '">') + '">x</a>'),
        ("data: svg image", '<img src="data:image/svg+xml;base64,' + b64(f"<svg><a href='{E}'/></svg>") + '">'),
        ("javascript location", f"<a href=\"javascript:location='{E}'\">x</a>"),
        ("javascript with tabs", f"<a href=\"java\tscript:location='{E}'\">x</a>"), ("vbscript", f"<a href=\"vbscript:open('{E}')\">x</a>"),
        ("onclick", f"<a href=# onclick=\"location.href='{E}'\">x</a>"), ("view-source", f'<a href="view-source:{E}">x</a>'),
        ("ms-word", f'<a href="ms-word:ofe|u|{E}a.docx">x</a>'), ("search-ms", '<a href="search-ms:query=x&crumb=location:\\\\evil.example\\x">x</a>'),
        ("file share", '<a href="file://evil.example/share/a.lnk">x</a>'), ("intent", '<a href="intent://evil.example/#Intent;scheme=https;end">x</a>'),
        ("shown text", "<p>http://evil.example/login</p>"), ("shown text split by tags", "<p>http://ev<b></b>il.exam<i></i>ple/</p>"),
        ("query redirect", '<a href="https://good.example/r?u=http%3A%2F%2Fevil.example%2F">x</a>'),
        ("query redirect, twice escaped", '<a href="https://good.example/r?u=http%253A%252F%252Fevil.example%252F">x</a>'),
        ("query redirect, base64", f'<a href="https://good.example/r?u={b64(E)}">x</a>'),
        ("path redirect", '<a href="https://good.example/r/https://evil.example/">x</a>'),
        ("fragment redirect", '<a href="https://good.example/#https://evil.example/">x</a>'),
        ("no scheme in the query", '<a href="https://good.example/r?u=//evil.example/">x</a>'),
        ("attribute without a blank", f'<a x="y"href="{E}">x</a>'), ("slash before", f'<a/href="{E}">x</a>'),
        ("tag name in capitals and lines", f'<A\n\n\tHref\n=\n"{E}"\n>x</A>'), ("inside noscript", f'<noscript><a href="{E}">x</a></noscript>'),
        ("inside template", f'<template><a href="{E}">x</a></template>'), ("unclosed at the end", f'x <a href="{E}'),
        ("dialog", f'<dialog open><a href="{E}">x</a></dialog>')):
    case("link: " + name, html("<html>" + markup + "</html>"), host="evil.example")

# ---- URLs and their hosts ----
for name, url, host in (
        ("userinfo", "http://www.paypal.com@evil.example/", "evil.example"), ("userinfo and password", "http://a:b@evil.example/", "evil.example"),
        ("two at signs", "http://good.example@x@evil.example/", "evil.example"), ("userinfo, slash escaped", "http://good.example%2F@evil.example/", "evil.example"),
        ("backslash before the at", "http://evil.example\\@good.example/", "evil.example"), ("question mark", "http://evil.example?good.example/", "evil.example"),
        ("hash", "http://evil.example#@good.example/", "evil.example"), ("semicolon", "http://evil.example;good.example/", None),
        ("percent", "http://%65vil.example/", "evil.example"), ("percent dot", "http://evil%2Eexample/", "evil.example"),
        ("percent of utf-8", "http://m%C3%BCnchen.example/", "xn--mnchen-3ya.example"), ("full width", "http://ｅｖｉｌ.example/", "evil.example"),
        ("ideographic dot", "http://evil。example/", "evil.example"), ("half width dot", "http://evil｡example/", "evil.example"),
        ("circled letters", "http://ⓔⓥⓘⓛ.example/", "evil.example"), ("mathematical letters", "http://𝐞𝐯𝐢𝐥.example/", "evil.example"),
        ("zero width inside", "http://ev\u200bil.example/", "evil.example"), ("soft hyphen inside", "http://ev\u00adil.example/", "evil.example"),
        ("trailing dot", "http://evil.example./", "evil.example"), ("capitals", "HTTP://EVIL.EXAMPLE/", "evil.example"),
        ("port", "http://evil.example:8080/", "evil.example"), ("empty port", "http://evil.example:/", "evil.example"),
        ("dword", "http://3221226077/", "192.0.2.93"), ("hex", "http://0xC000025D/", "192.0.2.93"), ("octal", "http://0300.0.02.0135/", "192.0.2.93"),
        ("hex parts", "http://0xc0.0x0.0x2.0x5d/", "192.0.2.93"), ("two numbers", "http://192.605/", "192.0.2.93"), ("three numbers", "http://192.0.605/", "192.0.2.93"),
        ("leading zeros", "http://0000000300.0.2.93/", "192.0.2.93"), ("percent digits", "http://%31%39%32.0.2.93/", "192.0.2.93"),
        ("trailing dot of an address", "http://192.0.2.93./", "192.0.2.93"),
        ("ipv6", "http://[2001:db8::1]/", "2001:db8::1"), ("ipv6 of v4", "http://[::ffff:192.0.2.93]/", None),
        ("idn", "http://bücher.example/", "xn--bcher-kva.example"), ("a-label in capitals", "http://XN--BCHER-KVA.example/", "xn--bcher-kva.example"),
        ("underscore", "http://a_b.evil.example/", "a_b.evil.example"), ("hyphens", "http://-evil-.example/", None),
        ("long path", "http://evil.example/" + "a" * 4000, "evil.example"), ("long userinfo", "http://" + "a" * 1500 + "@evil.example/", "evil.example"),
        ("ftp", "ftp://evil.example/a.exe", "evil.example"), ("https and port", "https://evil.example:443/", "evil.example")):
    if host is None:
        continue
    case("host in a link: " + name, html(f'<a href="{url}">x</a>'), host=host)
    case("host in text: " + name, plain(f"see {url} now"), host=host)
for name, text in (
        ("hxxp", "hxxp://evil.example/"), ("hxxps brackets", "hxxps://evil[.]example/"), ("h**p", "h**p://evil.example/"), ("meow", "meow http://evil.example/"),
        ("bracketed dot", "http://evil[.]example/"), ("bracketed word", "http://evil[dot]example/"), ("round dot", "http://evil(.)example/"), ("dot in words", "http://evil (dot) example/"),
        ("braces", "http://evil{.}example/"), ("colon bracketed", "http[:]//evil.example/"), ("slashes bracketed", "http:[//]evil.example/"),
        ("angle", "<http://evil.example/>"), ("angle URL:", "<URL:http://evil.example/>"), ("round", "(http://evil.example/)"), ("square", "[http://evil.example/]"),
        ("markdown", "[click](http://evil.example/)"), ("quotes", '"http://evil.example/"'), ("unbalanced", "((http://evil.example/)))"),
        ("end of a sentence", "go to http://evil.example."), ("joined to a word", "clickhttp://evil.example/"),
        ("comma", "a,http://evil.example/,b"), ("equals", "url=http://evil.example/"), ("pipe", "|http://evil.example/|"), ("cjk around", "请点击http://evil.example/谢谢"),
        ("over lines in angles", "<http://evil.exam\nple/>"), ("backslashes", "http:\\\\evil.example\\x"), ("one slash", "http:/evil.example/"),
        ("mailto", "mailto:x@evil.example http://evil.example"), ("at the end of the line", "x\nhttp://evil.example"), ("asterisks", "**http://evil.example/**"),
        ("underscores", "_http://evil.example/_"), ("semicolon", "x;http://evil.example/;"), ("no path, question", "http://evil.example?x"),
        ("angle quoted", "> http://evil.example/"), ("guillemets", "«http://evil.example/»"), ("nbsp", "\u00a0http://evil.example/\u00a0"),
        ("bidi around", "\u2067http://evil.example/\u2069"), ("zero width before", "x\u200bhttp://evil.example/"), ("html in text", "<a href=http://evil.example/>x</a>")):
    case("text url: " + name, plain(text), host="evil.example")
case("url in the subject", plain("x").replace(b"Subject: hello", b"Subject: see http://evil.example/ now"), host="evil.example")
case("url in an encoded subject", plain("x").replace(b"Subject: hello", b"Subject: =?utf-8?B?" + b64("http://evil.example/ x").encode() + b"?="), host="evil.example")
case("url in List-Unsubscribe", plain("x").replace(b"Subject:", b"List-Unsubscribe: <http://evil.example/u>\nSubject:"), host="evil.example")
case("url in a calendar", mail("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR\nURL:http://evil.example/\nEND:VCALENDAR"), host="evil.example")
case("url folded in a calendar", mail("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR\nLOCATION:http://ev\n il.example/x\nEND:VCALENDAR"), host="evil.example")
case("flowed text", mail("Content-Type: text/plain; format=flowed", "see http://evil.example/ \nQUASAR"), text="QUASAR", host="evil.example")
case("flowed, delsp", mail("Content-Type: text/plain; format=flowed; delsp=yes", "http://evil.exa \nmple/x QUA \nSAR"), host="evil.example")
case("enriched text", mail("Content-Type: text/enriched", "<bold>QUASAR</bold> http://evil.example/"), host="evil.example")
case("html in a file", attached('Content-Type: text/html; name="a.html"\nContent-Disposition: attachment', f"<a href='{E}'>x</a>"), host="evil.example", file="a.html")
case("html in a file of octets", attached('Content-Type: application/octet-stream; name="a.html"\nContent-Disposition: attachment',
     f"<html><body><form action='{E}'><input type=password></form></body></html>"), host="evil.example", file="a.html", flag="password-field")
case("svg in a file", attached('Content-Type: image/svg+xml; name="a.svg"\nContent-Disposition: attachment',
     f"<svg xmlns='http://www.w3.org/2000/svg'><script>location='{E}'</script></svg>"), host="evil.example", flag="svg-script")
case("svg in a file of octets", attached('Content-Type: application/octet-stream; name="a.svg"\nContent-Disposition: attachment',
     f"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>location='{E}'</script></svg>"), flag="svg-script")
case("smuggling in a file", attached('Content-Type: text/html; name="a.htm"\nContent-Disposition: attachment',
     "<html><script>var b=new Blob([atob('TVqQ')]);var a=document.createElement('a');a.href=URL.createObjectURL(b);a.download='x.iso';a.click()</script>"), flag="smuggling")
case("a link in a file .url", attached('Content-Type: application/octet-stream; name="a.url"\nContent-Disposition: attachment', "[InternetShortcut]\nURL=http://evil.example/\n"),
     file="a.url", rule="MIME_BAD_EXTENSION")

case("script that goes away", html(f"<script>window.location.href='{E}'</script>"), host="evil.example")
case("script that opens a window", html(f"<script>window.open(\"{E}\")</script>"), host="evil.example")

# ---- Names of files ----
EXE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8" + bytes(43) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x64\x86" + bytes(300)


def named(name, param, flag, file=None):
    want = {"rule": flag[5:]} if flag and flag[0] == "r" and flag.startswith("rule:") else {"flag": flag}
    case("file name: " + name, attached(f"Content-Type: application/octet-stream{param}", b"hello there"), **want,
         **({"file": file} if file else {}))


named("double extension", '; name="a.pdf.exe"', "double-extension", "a.pdf.exe")
named("only in the disposition", '\nContent-Disposition: attachment; filename="a.pdf.exe"', "double-extension", "a.pdf.exe")
named("conflict, type risky", '; name="a.exe"\nContent-Disposition: attachment; filename="a.pdf"', "rule:MIME_BAD_EXTENSION")
named("conflict, disposition risky", '; name="a.pdf"\nContent-Disposition: attachment; filename="a.exe"', "rule:MIME_BAD_EXTENSION")
named("two filenames", '\nContent-Disposition: attachment; filename="a.pdf"; filename="a.exe"', "rule:MIME_BAD_EXTENSION")
named("two filenames, other order", '\nContent-Disposition: attachment; filename="a.exe"; filename="a.pdf"', "rule:MIME_BAD_EXTENSION")
named("filename and filename*", "\nContent-Disposition: attachment; filename=\"a.pdf\"; filename*=utf-8''a.exe", "rule:MIME_BAD_EXTENSION")
named("filename* and filename", "\nContent-Disposition: attachment; filename*=utf-8''a.pdf; filename=\"a.exe\"", "rule:MIME_BAD_EXTENSION")
named("pieces", '\nContent-Disposition: attachment; filename*0="a.p"; filename*1="df.exe"', "double-extension", "a.pdf.exe")
named("pieces in disorder", '\nContent-Disposition: attachment; filename*1="df.exe"; filename*0="a.p"', "double-extension")
named("pieces, some extended", "\nContent-Disposition: attachment; filename*0*=utf-8''a%2E; filename*1=\"exe\"", "risky", "a.exe")
named("encoded word", '\nContent-Disposition: attachment; filename="=?utf-8?B?' + b64("a.pdf.exe") + '?="', "double-extension", "a.pdf.exe")
named("encoded word without quotes", "\nContent-Disposition: attachment; filename==?utf-8?Q?a=2Eexe?=", "risky")
named("encoded words in pieces", '\nContent-Disposition: attachment;\n filename="=?utf-8?Q?a=2E?=\n =?utf-8?Q?exe?="', "risky", "a.exe")
named("right to left", '; name="=?utf-8?B?' + b64("invoice\u202efdp.exe") + '?="', "right-to-left")
named("trailing dot", '; name="a.exe."', "risky")
named("trailing blanks", '; name="a.exe   "', "risky")
named("trailing dots and blanks", '; name="a.exe . ."', "risky")
named("blanks before the extension", '; name="a.pdf                              .exe"', "spaces")
named("full width", "\nContent-Disposition: attachment; filename*=utf-8''a%EF%BC%8E%EF%BD%85%EF%BD%98%EF%BD%85", "lookalike")
named("cyrillic in the extension", "\nContent-Disposition: attachment; filename*=utf-8''a.%D0%B5x%D0%B5", "lookalike")
named("zero width in the extension", "\nContent-Disposition: attachment; filename*=utf-8''a.e%E2%80%8Bxe", "invisible")
named("NUL in the name", "\nContent-Disposition: attachment; filename*=utf-8''a.exe%00.pdf", "invisible")
named("stream name", '; name="a.exe::$DATA"', "risky")
named("path", '; name="..\\\\..\\\\a.exe"', "path")
named("capitals", '; name="A.EXE"', "risky")
named("no quotes, blanks", "\nContent-Disposition: attachment; filename=my invoice.pdf.exe", "double-extension")
named("quote not closed", '\nContent-Disposition: attachment; filename="a.exe', "risky")
named("comment", "\nContent-Disposition: attachment (x); filename=a.exe (x)", "risky")
named("inline", '\nContent-Disposition: inline; filename="a.exe"', "risky")
named("Content-Description", '\nContent-Description: a.exe\nContent-Disposition: attachment; filename="a.exe"', "risky")
named("Content-Location", '\nContent-Location: a.exe', [])
for ext in ("exe scr pif com bat cmd js jse vbs vbe wsf wsh hta lnk msi ps1 jar cpl reg chm iqy application msc settingcontent-ms xll url scf library-ms "
            "appref-ms vhd iso img one onepkg docm xlsm pptm xlam dll msix appx apk dmg pkg").split():
    case("extension " + ext, attached(f'Content-Type: application/octet-stream; name="a.{ext}"', b"hello"), file="a." + ext,
         any=["risky", "macro-document", "disk-image", "doc-macro", "macro"])

# ---- What files hold ----


def zipped(*names, data=b"hello", prefix=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for n in names:
            z.writestr(zipfile.ZipInfo(n), data)
    return prefix + out.getvalue()


def false_directory(shown, real):
    z = zipped(shown)
    return z.replace(shown.encode(), real.encode(), 1)


def tarred(name, mode="w:gz"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        info = tarfile.TarInfo(name)
        info.size = 5
        t.addfile(info, io.BytesIO(b"hello"))
    return out.getvalue()


def encrypted():
    z = bytearray(zipped("a.exe"))
    z[6] |= 1
    at = z.find(b"PK\1\2")
    z[at + 8] |= 1
    return bytes(z)


def held(name, content, file="a.zip", kind="application/octet-stream", **want):
    case("file content: " + name, attached(f'Content-Type: {kind}; name="{file}"\nContent-Disposition: attachment', content), **want)


held("zip with a program", zipped("a.exe"), flag="risky")
held("zip with a harmless name", zipped("a.exe"), file="a.jpg", kind="image/jpeg", flag="risky")
held("zip with another directory", false_directory("a.txt", "a.exe"), flag="mismatch")
held("zip with a prefix", zipped("a.exe", prefix=b"GIF89a" + bytes(200)), flag="risky")
held("zip behind a program", zipped("a.js", prefix=EXE), flag="risky")
held("zip cut", zipped("a.exe")[:-20], flag="risky")
held("zip in a zip", zipped("b.zip", data=zipped("a.exe")), flag="nested")
held("zip in a zip, risky", zipped("b.zip", data=zipped("a.exe")), flag="risky")
held("zip in a docx", zipped("[Content_Types].xml", "word/embeddings/a.exe"), file="a.docx", flag="risky")
held("docx with macros", zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), file="a.docx", flag="macro")
held("tar.gz", tarred("a.exe"), file="a.tar.gz", flag="risky")
held("tar.bz2", tarred("a.exe", "w:bz2"), file="a.tbz", flag="risky")
held("tar.xz", tarred("a.exe", "w:xz"), file="a.txz", flag="risky")
held("tar", tarred("a.exe", "w"), file="a.tar", flag="risky")
held("encrypted zip", encrypted(), flag="encrypted")
held("encrypted zip, names", encrypted(), flag="risky")
held("gz of a program", (lambda c: c.compress(EXE) + c.flush())(zlib.compressobj(9, zlib.DEFLATED, 31)), file="a.gz")
held("double extension in a zip", zipped("invoice.pdf.js"), flag="risky")
held("right to left in a zip", zipped("a\u202efdp.exe"), flag="risky")
for name, content, want in (("program", EXE, "application/x-msdownload"), ("pdf", b"%PDF-1.4\n1 0 obj", "application/pdf"),
                            ("shortcut", b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" + bytes(60), "application/x-ms-shortcut"),
                            ("onenote", bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(100), "application/onenote")):
    held(name + " with a harmless name", content, file="a.jpg", kind="image/jpeg", flag="type:" + want)
held("hta by its content", b"<html><head><hta:application id=x></head><script language=vbscript>CreateObject(\"WScript.Shell\").Run \"x\"</script></html>", file="a.txt", kind="text/plain",
     any=["script", "type:application/hta"])

# ---- Look-alikes ----


def sender(f, text="x", **more):
    return plain(text).replace(b"From: A <a@sender.example>", octets(f))


for name, message, rule in (
        ("host in a link", html("<a href='http://www.paypa1.com/'>x</a>"), "LOOKALIKE_URL_ASCII"), ("host in text", plain("www.paypa1.com/login"), "LOOKALIKE_URL_ASCII"),
        ("host in the subject", plain("x").replace(b"Subject: hello", b"Subject: http://www.paypa1.com/"), "LOOKALIKE_URL_ASCII"),
        ("host in List-Unsubscribe", plain("x").replace(b"Subject:", b"List-Unsubscribe: <http://www.paypa1.com/u>\nSubject:"), "LOOKALIKE_URL_ASCII"),
        ("host in a form", html("<form action='http://www.paypa1.com/'><input></form>"), "LOOKALIKE_URL_ASCII"),
        ("host in a redirect", html("<a href='http://good.example/?u=http://www.paypa1.com/'>x</a>"), "LOOKALIKE_URL_ASCII"),
        ("host of u-labels", html("<a href='http://раураl.com/'>x</a>"), "LOOKALIKE_URL"), ("host of percent escapes", html("<a href='http://%D0%B0pple.com/'>x</a>"), "LOOKALIKE_URL"),
        ("host in a file", attached('Content-Type: text/html; name=a.html\nContent-Disposition: attachment', "<a href='http://www.paypa1.com/'>x</a>"), "LOOKALIKE_URL_ASCII"),
        ("brand left of another host", html("<a href='http://paypal.com.secure.example/'>x</a>"), "LOOKALIKE_URL_BRAND"),
        ("From", sender("From: x <a@paypa1.com>"), "LOOKALIKE_FROM"), ("From of u-labels", sender("From: x <a@раураl.com>"), "LOOKALIKE_FROM"),
        ("From, two addresses", sender("From: x <a@good.example>, y <a@paypa1.com>"), "LOOKALIKE_FROM"),
        ("From with comments", sender("From: x <a@(c)paypa1.com>"), "LOOKALIKE_FROM"), ("From in capitals", sender("From: x <a@PAYPA1.COM>"), "LOOKALIKE_FROM"),
        ("Reply-To", sender("From: x <a@good.example>\nReply-To: <b@paypa1.com>"), "LOOKALIKE_REPLYTO"),
        ("display name", sender("From: PayPal <a@sender.example>"), "BRAND_NAME_FOREIGN"), ("display name, encoded", sender("From: =?utf-8?B?" + b64("PayPal Service") + "?= <a@sender.example>"), "BRAND_NAME_FOREIGN"),
        ("display name, encoded in pieces", sender("From: =?utf-8?Q?Pay?= =?utf-8?Q?Pal?= <a@sender.example>"), "BRAND_NAME_FOREIGN"),
        ("display name, zero width", sender("From: =?utf-8?B?" + b64("Pay\u200bPal") + "?= <a@sender.example>"), "LOOKALIKE_NAME"),
        ("display name, soft hyphen", sender("From: =?utf-8?B?" + b64("Pay\u00adPal") + "?= <a@sender.example>"), "LOOKALIKE_NAME"),
        ("display name, cyrillic", sender("From: =?utf-8?B?" + b64("РауРаl") + "?= <a@sender.example>"), "LOOKALIKE_NAME"),
        ("display name, full width", sender("From: =?utf-8?B?" + b64("ＰａｙＰａｌ") + "?= <a@sender.example>"), "LOOKALIKE_NAME"),
        ("display name, quoted", sender('From: "Pay\\Pal" <a@sender.example>'), "BRAND_NAME_FOREIGN"),
        ("display name, an address in it", sender('From: "service@paypal.com" <a@sender.example>'), "SPOOF_DISPLAY_NAME"),
        ("display name, as a comment", sender("From: a@sender.example (PayPal)"), "BRAND_NAME_FOREIGN"),
        ("display name, raw octets", sender("From: РауРаl <a@sender.example>"), "LOOKALIKE_NAME"),
        ("file name", attached('Content-Type: application/pdf; name="PayPa1 invoice.pdf"\nContent-Disposition: attachment', "%PDF-1.4"), "LOOKALIKE_FILE")):
    case("look-alike: " + name, message, rule=rule)

# What is not seen today: some mail program shows it, few do.
OPEN = {
    "encoding written ''(x) base64''", "base64 of the URL alphabet", "hz escapes", "html text: hidden by attribute",
    "html text: value of a button", "link: search-ms", "link: query redirect, base64", "text url: over lines in angles",
    "flowed, delsp", "file name: NUL in the name",
    "look-alike: display name, as a comment",
}
