"""Messages with contents that the filter has to open: archives, charsets, pages, odd octets."""
import base64
import io
import os
import subprocess
import tempfile
import zipfile

RCPT = "user@example.org"
PROGRAM = b"MZ" + bytes(510)
LINK = "Look: http://xn--pypal-4ve.com/login\r\n"
PAGE = ("<html><body><p>Dear customer</p><p style='display:none'>weather poetry garden</p>"
        "<a href='http://xn--pypal-4ve.com/login'>https://www.paypal.com/login</a></body></html>")


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(name, data)
    return out.getvalue()


def seven_zipped(name, data):
    with tempfile.TemporaryDirectory() as d:
        with open(os.path.join(d, name), "wb") as f:
            f.write(data)
        subprocess.run(["7z", "a", "-bd", "x.7z", name], cwd=d, check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(d, "x.7z"), "rb") as f:
            return f.read()


def text(body, charset="utf-8", kind="plain"):
    """A part; body may be octets, of whatever charset."""
    octets = body if isinstance(body, bytes) else body.encode(charset)
    return (f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() +
            base64.encodebytes(octets).replace(b"\n", b"\r\n"))


def attached(name, octets, kind="application/octet-stream"):
    return (f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'.encode() +
            base64.encodebytes(octets).replace(b"\n", b"\r\n"))


def body_of(*parts):
    return b"".join(b"--b\r\n" + p + b"\r\n" for p in parts) + b"--b--\r\n"


def headers_of(domain, subject="A test", name="Somebody", number=0):
    return [("From", f"{name} <somebody@{domain}>"), ("To", f"<{RCPT}>"), ("Subject", subject),
            ("Date", "Sun, 22 Nov 2026 04:00:00 +0000"), ("Message-ID", f"<{number}.content@{domain}>"),
            ("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=b")]


def mail_of(domain, *parts, subject="A test", name="Somebody", number=0):
    """A whole message; what is not ASCII in its fields goes out as it is."""
    fields = "".join(f"{n}: {v}\r\n" for n, v in headers_of(domain, subject, name, number))
    return fields.encode("utf-8", "surrogateescape") + b"\r\n" + body_of(*parts)


def phish(domain):
    """What hits on everything: a page, a program by two names, a name that is not what it seems."""
    return mail_of(domain, text(PAGE, kind="html"), attached("invoice.zip", zipped("invoice.pdf.exe", PROGRAM)),
                   attached("photo.jpg.exe", PROGRAM), subject="Pa\u0443pal: urgent", name="PayPal Security")
