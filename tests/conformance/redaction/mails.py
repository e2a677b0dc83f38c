"""Mails with personal data in every form and field: (name, octets, what must not be sent, what must be)."""
import base64

TO = "To: Ann Reader <ann.reader@example.org>, =?utf-8?Q?J=C3=BCrgen_Gro=C3=9Fmann?= <jg@example.org>\r\n"


def mail(text, subject="Hello", to=TO, kind="plain", extra="", sender="Bill Writer <bill@example.net>"):
    return (f"From: {sender}\r\n{to}Subject: {subject}\r\n{extra}MIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n").encode()


def word(text):
    return "=?utf-8?B?" + base64.b64encode(text.encode()).decode() + "?="


# (name, text, gone, kept)
TEXTS = [
    ("address", "Write to bob.smith@example.com today", ["bob.smith", "@example.com"], ["write to", "today"]),
    ("address_tags", "Write to <bob+shop@mail.example.com>, or not", ["bob+shop"], ["or not"]),
    ("address_quoted", 'Write to "bob smith"@example.com today', ["bob smith"], ["today"]),
    ("address_international", "Schreib an jörg@beispiel.example heute", ["jörg@"], ["heute"]),
    ("address_at", "reach bob (at) example (dot) com soon", ["bob (at)", "bob"], ["soon"]),
    ("address_brackets", "reach bob[at]example[dot]com soon", ["bob[at]"], ["soon"]),
    ("address_spoken", "reach bob at example dot com soon", ["bob at"], ["soon"]),
    ("address_spoken_long", "reach bob dot smith at mail dot example dot com soon", ["bob dot", "smith at"], ["soon"]),
    ("address_spaced", "reach bob @ example.com soon", ["bob @"], ["soon"]),
    ("address_percent", "go to http://example.com/?to=bob%40example.net now", ["bob%40"], ["http://example.com", "now"]),
    ("address_bare_percent", "code to=bob%40example.net now", ["bob%40"], ["now"]),
    ("address_entity", "reach bob&#64;example.com soon", ["bob&#64;"], ["soon"]),
    ("address_wide", "reach ｂｏｂ＠ｅｘａｍｐｌｅ.ｃｏｍ soon", ["bob@"], ["soon"]),
    ("address_zero_width", "reach bob\u200b@\u200bexample.com soon", ["bob@"], ["soon"]),
    ("userinfo", "open http://bob:secret@example.com/x now", ["bob:", "secret@"], ["http://example.com", "now"]),
    ("url_path", "open https://shop.example.com/track/Ann/12345?u=ann&t=abcdef0123456789 now", ["12345", "abcdef"], ["shop.example.com", "now"]),
    ("url_schemeless", "open www.example.com/ann/reader?id=998877 now", ["998877", "/ann"], ["www.example.com", "now"]),
    ("phone_plus", "call +49 30 1234567 today", ["1234567", "+49 30"], ["today"]),
    ("phone_plus_close", "call +493012345678 today", ["493012345678"], ["today"]),
    ("phone_double_zero", "call 0049 (0)30 123 45 67 today", ["123 45 67"], ["today"]),
    ("phone_german", "call 030/1234567 today", ["1234567"], ["today"]),
    ("phone_us", "call (555) 123-4567 today", ["123-4567"], ["today"]),
    ("phone_us_dots", "call 555.123.4567 today", ["123.4567"], ["today"]),
    ("phone_french", "call 01 23 45 67 89 today", ["23 45 67"], ["today"]),
    ("phone_spaced", "call 5 5 5 1 2 3 4 5 6 7 today", ["5 5 5"], ["today"]),
    ("phone_wide", "call ０３０１２３４５６７ today", ["0301234567"], ["today"]),
    ("phone_dashes", "call 0–30–12–34–56–7 today", ["12–34", "12-34"], ["today"]),
    ("phone_lines", "call 030\r\n1234\r\n567 today", ["1234"], ["today"]),
    ("phone_zero_width", "call 030\u200b123\u200b4567 today", ["1234567"], ["today"]),
    ("phone_arabic_plus", "tel:+44-20-7946-0958 today", ["7946"], ["today"]),
    ("iban", "pay to DE89 3704 0044 0532 0130 00 today", ["3704", "0532"], ["today"]),
    ("iban_close", "pay to DE89370400440532013000 today", ["370400440532013000"], ["today"]),
    ("iban_lower", "pay to gb82 west 1234 5698 7654 32 today", ["5698"], ["today"]),
    ("iban_french", "pay to FR14 2004 1010 0505 0001 3M02 606 today", ["1010", "0505"], ["today"]),
    ("iban_dashes", "pay to NL91-ABNA-0417-1643-00 today", ["0417", "1643"], ["today"]),
    ("card", "card 4111 1111 1111 1111 ends", ["1111 1111"], ["ends"]),
    ("card_dashes", "card 5500-0000-0000-0004 ends", ["0000-0000"], ["ends"]),
    ("card_close", "card 378282246310005 ends", ["378282246310005"], ["ends"]),
    ("number", "order 12345678 is sent", ["12345678"], ["order", "is sent"]),
    ("token", "code 3f9a8b7c6d5e4f3a2b1c0d9e is yours", ["3f9a8b7c"], ["is yours"]),
    ("name", "Ann, Reader is here, and ANN and ann too; Großmann as well", ["ann", "reader", "großmann"], ["is here"]),
    ("name_accents", "We saw Jürgen and Jurgen and JÜRGEN there", ["jürgen", "jurgen"], ["we saw", "there"]),
    ("name_genitive", "Ann's house and Reader's digest", ["ann", "reader"], ["house", "digest"]),
    ("name_zero_width", "A\u200bnn was here", ["ann"], ["was here"]),
    ("name_wide", "Ａｎｎ was here", ["ann"], ["was here"]),
    ("greeting", "Dear Margaret Miller,\r\n\r\nsee you at noon", ["margaret", "miller"], ["dear", "see you at noon"]),
    ("greeting_german", "Sehr geehrter Herr Doktorvater,\r\n\r\nbis bald", ["doktorvater"], ["bis bald"]),
    ("greeting_small", "hi margaret,\r\n\r\nsee you", ["margaret"], ["see you"]),
    ("greeting_generic", "Dear Customer,\r\n\r\nsee you", [], ["dear customer"]),
    ("phone_letters", "call 1-800-GOT-JUNK today", ["800", "JUNK"], ["today"]),
    ("phone_letters_free", "call 0800 FLOWERS today", ["0800", "FLOWERS"], ["today"]),
    ("phone_apostrophes", "call 044'123'45'67 or 044\u2019123\u201945\u201967 today", ["123"], ["today"]),
    ("phone_signs", "call 030;123;4567 or 030=123=4567 or 030 \u2502 123 \u2502 4567 today", ["123", "4567"], ["today"]),
    ("phone_arabic_digits", "call ٠٣٠١٢٣٤٥٦٧ today", ["٠٣٠", "0301"], ["today"]),
    ("phone_hindi_digits", "call ०३०१२३४५६७ today", ["०३०", "0301"], ["today"]),
    ("phone_keycaps", "call 0\ufe0f\u20e33\ufe0f\u20e30\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35\ufe0f\u20e3 today", ["3012", "0\u20e3"], ["today"]),
    ("phone_like_a_date", "call 12.10.2012.34 today", ["12.10", "2012"], ["today"]),
    ("iban_slashes", "pay to DE89/3704/0044/0532/0130/00 today", ["de89", "0532"], ["today"]),
    ("iban_apart", "pay to DE 89 37 04 00 44 05 32 01 30 00 today", ["89 37", "de "], ["today"]),
    ("iban_dots_lower", "pay to de89.3704.0044.0532.0130.00 today", ["de89", "0532"], ["today"]),
    ("iban_colons", "IBAN:DE89:3704:0044:0532:0130:00 today", ["de89", "0532"], ["today"]),
    ("address_stars", "reach bob*at*example*dot*com soon", ["bob"], ["soon"]),
    ("address_umlaut", "reach bob ät beispiel punkt de soon", ["bob", "beispiel"], ["soon"]),
    ("name_spelled_otherwise", "Juergen Grossmann was here", ["juergen", "grossmann"], ["was here"]),
    ("name_german_genitive", "Anns Haus und Großmanns Hund", ["anns", "großmanns"], ["haus", "hund"]),
    ("name_in_one_word", "user annreader1 was here", ["annreader"], ["was here"]),
    ("date_stays", "on 2026-11-22 or 22.11.2026 at 13:45 we meet", [], ["2026-11-22", "22.11.2026", "13:45"]),
    ("sum_stays", "you get $4,500,000 or 1.500.000 EUR soon", [], ["4,500,000", "1.500.000"]),
]


def mails():
    for name, text, gone, kept in TEXTS:
        yield name, mail(text), gone, kept
        yield name + "_html", mail(f"<p>{text.replace('<', '&lt;').replace('&#64;', '&amp;#64;')}</p>", kind="html"), gone, kept
    yield "subject", mail("see you", subject="Ann Reader, call 030/1234567 or bob@example.com"), ["reader", "1234567", "bob@"], ["see you"]
    yield "subject_encoded", mail("see you", subject=word("Jürgen Großmann: +49 30 1234567")), ["großmann", "1234567"], ["see you"]
    yield "display_name", mail("see you", sender='"ann reader bob@example.com" <x@example.net>'), ["reader", "bob@"], ["see you"]
    yield "reply_to", mail("see you", extra='Reply-To: "Ann Reader 030 1234567" <ann@example.com>\r\n'), ["reader", "1234567"], ["example.com"]
    yield "link_text", mail('<a href="http://example.com/u?ann">Ann Reader 030/1234567</a>', kind="html"), ["reader", "1234567"], ["example.com"]
    yield "link_host", mail('<a href="http://ann.reader.example.com/">go</a>', kind="html"), ["ann", "reader"], ["example.com"]
    yield "mailto", mail('<a href="mailto:ann.reader@example.org?subject=x">write</a>', kind="html"), ["ann", "reader"], ["write", "example.org"]
    yield "file_name", (b"From: a@example.net\r\n" + TO.encode() + b'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
                        b"--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\nContent-Type: application/pdf; "
                        b'name="ann_reader_030-1234567_bob@example.com.pdf"\r\nContent-Disposition: attachment\r\n\r\n%PDF-1.4\r\n--b--\r\n'), \
        ["reader", "1234567", "bob@"], ["see the file"]
    yield "name_chinese", mail("田中太郎様、こんにちは", to=f"To: {word('田中太郎')} <t@example.org>\r\n"), ["田中太郎"], ["こんにちは"]
    yield "name_russian", mail("Здравствуйте, Иван Петров! Привет", to=f"To: {word('Иван Петров')} <ip@example.org>\r\n"), ["иван", "петров"], ["привет"]
    yield "name_local_part", mail("hello margaret-jane miller", to="To: margaret-jane_miller@example.org\r\n"), ["margaret", "jane", "miller"], ["hello"]
    yield "name_short", mail("so say Bo and Li", to="To: Bo Li <x@example.org>\r\n"), ["bo", "li"], ["so say"]
    yield "name_short_other", mail("an IT question, do it", to="To: An Do <x@example.org>, IT <y@example.org>\r\n"), [], ["it question", "do it"]
    yield "name_umlaut_spelled_out", mail("Müllers Hund und Sørens", to="To: Juergen Mueller <jm@example.org>, Soeren <s@example.org>\r\n"), \
        ["müller", "søren"], ["hund und"]
    yield "split_by_tags", mail("<p>bob<b></b>@exam<i>ple</i>.com, b<span>ob.smi</span>th<!-- x -->@example.org, A<b>n</b>n, 030<b>1234</b>567</p>", kind="html"), \
        ["bob", "smith", "ann", "1234"], []
    yield "split_by_cells", mail("<table><tr><td>bob</td><td>@</td><td>example</td><td>.com</td></tr><tr><td>030</td><td>1234</td><td>567</td></tr></table>", kind="html"), \
        ["bob", "1234"], []
    yield "name_cc", mail("so says walther", to="Cc: Walther <w@example.org>\r\n"), ["walther"], ["so says"]
    yield "name_broken_field", mail("so says walther", to="To: Walther <w@example.org, ;;>> \"x\r\n"), ["walther"], ["so says"]
    yield "base64_body", ("From: a@example.net\r\n" + TO + "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                          "Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes("Ann Reader, 030/1234567, soon".encode()).decode()).encode(), \
        ["reader", "1234567"], ["soon"]
    long = "The quick brown fox said so. " * 3000
    for at in (6000, 6400, 6500, 6600, 9000, 60000, 83000):
        yield f"cut_{at}", mail(long[:at] + " call +49 30 123 45 67 89 or ann.reader@example.org " + long[at:]), ["123 45", "45 67", "reader"], ["fox"]
