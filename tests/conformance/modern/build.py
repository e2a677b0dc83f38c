"""Messages as programs of today build them: the fields around a text, a page or a file."""
import base64
import hashlib
import io
import zipfile
from email.header import Header
from email.utils import parseaddr

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(200) + b"\xff\xd9"
TO = "Robin Winter <robin@reader.example>"


def token(s):
    return hashlib.sha256(s.encode()).hexdigest()[:24]


def zipped(*files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files:
            z.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 10, 0, 0)), data)
    return out.getvalue()


ZIP_TXT = zipped(("log.txt", "all well\n"))
XLSX = zipped(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<workbook/>"), ("_rels/.rels", "<Relationships/>"))


def encoded(value):
    name, address = parseaddr(value)
    if name.isascii():
        return value
    return f"{Header(name, 'utf-8').encode()} <{address}>"


def mail(sender, subject, fields, content, to=TO, envelope=None, dkim=True):
    """content: MIME fields and the body."""
    address = parseaddr(sender)[1]
    domain = address.split("@")[1]
    ascii_domain = domain.encode("idna").decode()
    address = address.replace(domain, ascii_domain)
    sender = sender.replace(domain, ascii_domain)
    path = address if envelope is None else envelope
    ident = token(sender + subject)
    head = [f"Return-Path: <{path}>",
            f"Received: from mail.{ascii_domain} (mail.{ascii_domain} [192.0.2.25])\n\tby mx.reader.example (Postfix) with ESMTPS id 4F{ident[:10]}\n\tfor <robin@reader.example>; Tue, 3 Nov 2026 10:00:02 +0000"]
    if dkim:
        head.append(f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={ascii_domain}; s=s1;\n\th=from:to:subject:date:message-id; "
                    f"bh={base64.b64encode(hashlib.sha256(ident.encode()).digest()).decode()};\n\tb={base64.b64encode(bytes(range(64))).decode()}")
    head += [f"From: {encoded(sender)}", f"To: {to}", f"Subject: {subject if subject.isascii() else Header(subject, 'utf-8').encode()}",
             "Date: Tue, 03 Nov 2026 10:00:00 +0000", f"Message-ID: <{ident}@mail.{ascii_domain}>"]
    head += [f"{k}: {v}" for k, v in (fields or {}).items()]
    return ("\n".join(head) + "\nMIME-Version: 1.0\n" + content).encode()


def wrap(data):
    return base64.encodebytes(data if isinstance(data, bytes) else data.encode()).decode()


def text_part(text, kind="plain"):
    if text.isascii():
        return f"Content-Type: text/{kind}; charset=\"UTF-8\"\nContent-Transfer-Encoding: 7bit\n\n{text}"
    return f"Content-Type: text/{kind}; charset=\"UTF-8\"\nContent-Transfer-Encoding: base64\n\n{wrap(text)}"


def plain(sender, subject, text, fields=None, **more):
    return mail(sender, subject, fields, text_part(text), **more)


def html_mail(sender, subject, markup, fields=None, **more):
    return mail(sender, subject, fields, text_part(markup, "html"), **more)


def multipart(kind, *parts, extra=""):
    b = "=_" + token("".join(parts))
    return f'Content-Type: multipart/{kind}; boundary="{b}"{extra}\n\n' + "".join(f"--{b}\n{p}\n" for p in parts) + f"--{b}--\n"


def alternative(sender, subject, text, markup, fields=None, **more):
    return mail(sender, subject, fields, multipart("alternative", text_part(text), text_part(markup, "html")), **more)


def page(title, body):
    return ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>body{{font-family:Arial,sans-serif;background-color:#ffffff;color:#222222}}</style></head>\n"
            f"<body>{body}\n</body></html>\n")


def file_part(name, kind, data):
    return f'Content-Type: {kind}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\nContent-Transfer-Encoding: base64\n\n{wrap(data)}'


def with_file(sender, subject, text, name, kind, data, fields=None, **more):
    return mail(sender, subject, fields, multipart("mixed", text_part(text), file_part(name, kind, data)), **more)


def invitation():
    ics = ("BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1@office.example\nDTSTAMP:20261103T100000Z\nDTSTART:20261110T090000Z\n"
           "DTEND:20261110T100000Z\nSUMMARY:Weekly sync\nORGANIZER:mailto:sam@office.example\nATTENDEE:mailto:robin@reader.example\nEND:VEVENT\nEND:VCALENDAR\n")
    words = "Weekly sync\n\nTuesday 10 November, 10:00 to 11:00\nJoin: https://meet.office.example/j/123456\n"
    return mail("Sam Reed <sam@office.example>", "Invitation: Weekly sync", None, multipart("alternative", text_part(words),
                text_part(page("Weekly sync", words.replace("\n", "<br>")), "html"), f"Content-Type: text/calendar; charset=\"UTF-8\"; method=REQUEST\nContent-Transfer-Encoding: 7bit\n\n{ics}"))


def dsn():
    return mail("Mail Delivery System <MAILER-DAEMON@relay.example>", "Undelivered Mail Returned to Sender", {"Auto-Submitted": "auto-replied"},
                multipart("report", "Content-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<no@other.example>: host mx.other.example said: 550 5.1.1 User unknown\n",
                          "Content-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; no@other.example\nAction: failed\nStatus: 5.1.1\n",
                          "Content-Type: text/rfc822-headers\n\nFrom: robin@reader.example\nTo: no@other.example\nSubject: hello\n", extra="; report-type=delivery-status"), envelope="", dkim=False)


SIGNATURE = "-----BEGIN PGP SIGNATURE-----\n\n" + base64.b64encode(bytes(range(150))).decode()[:64] + "\n=abcd\n-----END PGP SIGNATURE-----\n"


def pgp():
    return mail("Lee <lee@home.example>", "release 3.2", None, multipart("signed", text_part("The release is out, checksums are on the site.\n\nLee\n"),
                "Content-Type: application/pgp-signature; name=\"signature.asc\"\nContent-Description: OpenPGP digital signature\nContent-Disposition: attachment; filename=\"signature.asc\"\n\n" + SIGNATURE,
                extra='; micalg=pgp-sha512; protocol="application/pgp-signature"'))


def smime():
    return mail("Sam Reed <sam@office.example>", "contract", None, multipart("signed", text_part("Hi Robin,\n\nthe contract is fine with me.\n\nSam\n"),
                file_part("smime.p7s", "application/pkcs7-signature", bytes.fromhex("3082010006092a864886f70d010702") + bytes(240)),
                extra='; micalg=sha-256; protocol="application/pkcs7-signature"'))


def pgp_encrypted():
    return mail("Lee <lee@home.example>", "...", None, multipart("encrypted", "Content-Type: application/pgp-encrypted\nContent-Description: PGP/MIME version identification\n\nVersion: 1\n",
                "Content-Type: application/octet-stream; name=\"encrypted.asc\"\nContent-Disposition: inline; filename=\"encrypted.asc\"\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA" + "A" * 59 + "\n=abcd\n-----END PGP MESSAGE-----\n",
                extra='; protocol="application/pgp-encrypted"'))


def b64_page(sender, subject, text, link):
    """A page with much text that nobody sees, in base64."""
    unseen = "<div style='font-size:0;color:#ffffff'>" + "the river ran past old mills and quiet gardens " * 30 + "</div>"
    shown = "".join(f"{w}<span style='font-size:0'>{i}</span> " for i, w in enumerate(text.split()))
    body = page(subject, f"{unseen}<a href='{link}'>{shown}</a>")
    return mail(sender, subject, None, f"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{wrap(body)}", dkim=False)
