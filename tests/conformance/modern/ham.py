"""Honest mail of today, invented: what people and their services send."""
import build
from build import alternative, html_mail, page, plain

HAM = []


def ham(name, message):
    HAM.append((name, message))


def news(title, lead, items, host, hidden="In this issue: three things worth your time."):
    rows = "".join(f'<tr><td style="padding:12px 0"><h2 style="font-size:20px;color:#222222">{a}</h2><p style="color:#444444">{b}</p>'
                   f'<a href="https://click.{host}/t/{build.token(a)}" style="color:#0b5cad">Read more</a></td></tr>' for a, b in items)
    return page(title, f'<div style="display:none;max-height:0;overflow:hidden;font-size:1px;color:#ffffff">{hidden}'
                + "&nbsp;&zwnj;" * 20 + f'</div><table width="600" align="center" cellpadding="0" cellspacing="0"><tr><td>'
                f'<img src="https://img.{host}/logo.png" width="160" height="40" alt="{title}"></td></tr><tr><td><p>{lead}</p></td></tr>{rows}'
                f'<tr><td style="font-size:12px;color:#777777">You receive this because you signed up at {host}. '
                f'<a href="https://click.{host}/u/{build.token(host)}">Unsubscribe</a> | <a href="https://www.{host}/privacy">Privacy</a>'
                f'</td></tr></table><img src="https://click.{host}/o/{build.token(lead)}.gif" width="1" height="1" alt="">')


LIST = {"List-Unsubscribe": "<https://click.{d}/u/abc123>, <mailto:unsub@{d}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk", "Feedback-ID": "1:2:3:esp"}
for d, title, lead, items in (
        ("garden.example", "The Garden Letter", "Spring is nearly here, and the soil is warming up.",
         [("Pruning roses", "Cut above an outward facing bud, and never in frost."), ("Seeds to sow now", "Broad beans, peas and spinach can go out.")]),
        ("runners.example", "Weekly Runner", "Ten weeks to the city marathon.", [("Long runs", "Slow down: you should be able to talk."), ("Shoes", "What our readers wear.")]),
        ("devweekly.example", "Dev Weekly #214", "This week: databases, compilers and a long read on clocks.",
         [("Why clocks lie", "A tour through NTP and leap seconds."), ("A parser in a weekend", "Recursive descent is not hard.")]),
        ("museum.example", "City Museum: what is on in March", "Two new exhibitions open this month.", [("Light and glass", "From 4 March."), ("Late Thursday", "Open until 22:00.")]),
        ("shop.example", "20% off all coats this weekend", "Our winter sale ends on Sunday.", [("Wool coats", "From 89 euros."), ("Rain jackets", "Free delivery over 50 euros.")]),
        ("airline.example", "Your miles statement", "You have 12,450 miles.", [("Fly to Lisbon", "From 79 euros one way."), ("Upgrade", "Use your miles for more room.")])):
    fields = {k: v.format(d=d) for k, v in LIST.items()}
    ham("newsletter " + d, alternative(f'"{title}" <news@{d}>', title, lead + "\n\n" + "\n\n".join(f"{a}\n{b}\nhttps://click.{d}/t/{build.token(a)}" for a, b in items)
        + f"\n\nUnsubscribe: https://click.{d}/u/abc123\n", news(title, lead, items, d), fields=fields))
for d, title in (("bakery.example", "Fresh from the oven"), ("cinema.example", "New on screen this week")):
    ham("html-only marketing " + d, html_mail(f"{title} <hello@{d}>", title, news(title, "Good to see you again.", [("New", "Try our latest.")], d),
        fields={k: v.format(d=d) for k, v in LIST.items()}))


def notice(name, sender, subject, text, button=None, link=None):
    body = "".join(f"<p>{p}</p>" for p in text.split("\n\n"))
    if button:
        body += f'<p><a href="{link}" style="background-color:#1a73e8;color:#ffffff;padding:12px 24px;text-decoration:none">{button}</a></p>'
        text += f"\n\n{button}: {link}"
    ham(name, alternative(sender, subject, text + "\n", page(subject, body), fields={"Auto-Submitted": "auto-generated"}))


notice("password reset", "Example Cloud <no-reply@cloud.example>", "Reset your password", "Hello Robin,\n\nSomebody asked to reset the password of your account. "
       "If it was you, use the button below within one hour. If not, you can ignore this message; your password stays as it is.", "Reset password", "https://cloud.example/reset?token=4f9a8c7d6e5b4a39")
notice("2FA code", "Example Bank <security@bank.example>", "Your verification code is 482913", "Your verification code is 482913.\n\nIt is valid for 10 minutes. We will never ask you for this code by phone.")
notice("sign-in notice", "Example Accounts <no-reply@accounts.example>", "New sign-in to your account", "We noticed a new sign-in to your account from Firefox on Linux near Hamburg.\n\nIf this was you, there is nothing to do.", "Review activity", "https://accounts.example/activity?id=8827")
notice("verify address", "Forum <noreply@forum.example>", "Please confirm your email address", "Welcome to the forum, robin!\n\nPlease confirm your email address to activate your account.", "Confirm address", "https://forum.example/confirm/9b1c77a0e2")
notice("parcel notice", "Parcel Post <notice@parcel.example>", "Your parcel 00340434161094021501 arrives today", "Your parcel from Bookshop arrives today between 12:15 and 14:15.\n\nYou are not at home? Choose a safe place or a neighbour.", "Track parcel", "https://parcel.example/track?id=00340434161094021501")
notice("parcel delivered", "Parcel Post <notice@parcel.example>", "Delivered: your parcel", "Your parcel was delivered today at 13:02 and handed to: RECEPTION.", "Details", "https://parcel.example/track?id=0034043416109402")
notice("order confirmation", "Bookshop <orders@books.example>", "Your order #104-552 is confirmed", "Thank you for your order!\n\n1 x A History of Bridges   24.90 EUR\n1 x Delivery   2.95 EUR\n\nTotal: 27.85 EUR\n\nWe will write again when it is on its way.", "View order", "https://books.example/orders/104-552")
notice("receipt", "Ride <receipts@ride.example>", "Your Thursday evening trip", "Total 18.40 EUR\n\nThanks for riding, Robin. Card ending in 1234 was charged.", "Download receipt", "https://ride.example/r/aa01bb02")
notice("subscription renewal", "Stream <billing@stream.example>", "Your subscription renews on 1 December", "Your yearly subscription renews on 1 December for 89.00 USD.\n\nYou can cancel any time in your account settings.", "Manage subscription", "https://stream.example/account")
notice("payment failed", "Hosting <billing@hosting.example>", "Payment failed for invoice INV-2231", "We could not charge your card ending in 4242 for invoice INV-2231 (12.00 EUR).\n\nPlease update your payment method within 7 days to keep your server running.", "Update payment method", "https://hosting.example/billing")
notice("bank statement", "Example Bank <service@bank.example>", "Your account statement for October is available", "Dear Ms Winter,\n\nyour statement for October is now in your online mailbox. For your security this mail contains no link; please log in as usual.")
notice("appointment", "Dental Practice <practice@dentist.example>", "Reminder: appointment on 3 March at 9:30", "Dear Robin,\n\nwe remind you of your appointment on Tuesday 3 March at 9:30. Please call us if you cannot come: 030 5550100.")
notice("social", "Network <notify@network.example>", "Alex Berg commented on your photo", 'Alex Berg commented: "What a view! Where is this?"', "See comment", "https://network.example/n/?p=77123")
notice("flight", "Airline <checkin@airline.example>", "Check in now: flight EX 123 to Lisbon", "Your flight leaves in 24 hours. Booking code: QX7T9P.", "Check in", "https://airline.example/checkin?pnr=QX7T9P")
notice("charity thanks", "Relief Fund <thanks@relief.example>", "Thank you for your donation of 50 EUR", "Dear Robin,\n\nthank you for your gift. It helps families after the flood. Your receipt for the tax office follows in February.")

REPLY = {"In-Reply-To": "<a1@reader.example>", "References": "<a0@sender.example> <a1@reader.example>"}
ham("invoice with PDF", build.with_file("Joiner Ltd <office@joiner.example>", "Invoice 2026-118", "Dear Ms Winter,\n\nplease find attached our invoice 2026-118 for the kitchen shelves. It is due in 14 days.\n\nKind regards\nPat Holm\n", "Invoice-2026-118.pdf", "application/pdf", build.PDF))
ham("job application", build.with_file("Kim Larsen <kim.larsen@mail.example>", "Application: gardener (ref. 22-07)", "Dear hiring team,\n\nI would like to apply for the position. My CV is attached.\n\nBest regards\nKim Larsen\n", "CV Kim Larsen.pdf", "application/pdf", build.PDF))
ham("photos", build.with_file("Uncle Ben <ben@family.example>", "Photos of the hike", "Hi all,\nhere is the best one of Sunday.\nBen\n", "IMG_2041.jpg", "image/jpeg", build.JPEG))
ham("spreadsheet", build.with_file("Sam Reed <sam@office.example>", "Budget draft v3", "Hi Robin,\n\nthe new draft is attached, changes are in yellow.\n\nSam\n", "budget-v3.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", build.XLSX))
ham("zip of sources", build.with_file("Dana <dana@lab.example>", "logs as discussed", "Robin,\nthe logs of last night are in the zip.\nDana\n", "logs.zip", "application/zip", build.ZIP_TXT))
ham("calendar invitation", build.invitation())
ham("outlook meeting accepted", plain("Sam Reed <sam@office.example>", "Accepted: Weekly sync", "", fields={"Thread-Topic": "Weekly sync", "Thread-Index": "Adqw"}))
ham("mailing list post", plain("Dana via users <users@lists.example>", "[users] Build fails on armhf", "Hi,\n\nbuilding 3.2 on armhf fails with\n\n  error: unknown type name 'uint128_t'\n\nAny idea?\n\nDana\n_______________________________________________\nusers mailing list\nusers@lists.example\nhttps://lists.example/listinfo/users\n",
    fields={"List-Id": "Users <users.lists.example>", "List-Post": "<mailto:users@lists.example>", "List-Unsubscribe": "<https://lists.example/options/users>", "Precedence": "list", "Reply-To": "users@lists.example", "Sender": "users-bounces@lists.example"}))
ham("mailing list reply", plain("Lee <lee@home.example>", "Re: [users] Build fails on armhf", "On 3 Nov 2026 Dana wrote:\n> building 3.2 on armhf fails with\n>   error: unknown type name 'uint128_t'\n\nThat type needs 64 bits. Try --disable-wide.\n\nLee\n", fields={**REPLY, "List-Id": "Users <users.lists.example>"}))
ham("patch", plain("Lee <lee@home.example>", "[PATCH 1/2] io: close the descriptor on error", "The descriptor leaked when connect() failed.\n\n---\n src/io.c | 1 +\n 1 file changed, 1 insertion(+)\n\ndiff --git a/src/io.c b/src/io.c\n--- a/src/io.c\n+++ b/src/io.c\n@@ -10,3 +10,4 @@\n \tif (connect(fd, sa, n) < 0)\n+\t\tclose(fd);\n", fields={"X-Mailer": "git-send-email 2.43.0"}))
ham("DSN", build.dsn())
ham("auto-reply", plain("Sam Reed <sam@office.example>", "Automatic reply: Budget draft", "I am out of the office until Monday. In urgent cases please call the front desk.\n", fields={"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", **REPLY}, envelope=""))
notice("code review", "Lee <notifications@code.example>", "[project/io] Fix descriptor leak (PR #412)", "@lee commented on this pull request.\n\nIn src/io.c: should this not be SOCK_CLOEXEC?", "View it", "https://code.example/project/io/pull/412#r1")
notice("CI failure", "CI <ci@code.example>", "Failed: main build #8812", "The build #8812 of main failed in step test.\n\n3 tests failed.", "Open log", "https://ci.code.example/b/8812")
ham("reply with top quoting", plain("Sam Reed <sam@office.example>", "RE: lunch on Friday?", "Friday works, 12:30 at the usual place?\n\nSam\n\n-----Original Message-----\nFrom: Robin Winter <robin@reader.example>\nSent: Tuesday, 3 November 2026 09:12\nTo: Sam Reed\nSubject: lunch on Friday?\n\nAre you free on Friday?\nRobin\n", fields={**REPLY, "X-Mailer": "Microsoft Outlook 16.0"}))
ham("forwarded", plain("Pat <pat@home.example>", "Fwd: tickets", "See below, shall we?\n\n---------- Forwarded message ---------\nFrom: City Theatre <box@theatre.example>\nDate: Mon, 2 Nov 2026 at 10:00\nSubject: tickets\n\nTwo tickets are still there for Saturday: https://theatre.example/sat\n"))
ham("short personal", plain("Pat <pat@home.example>", "running late", "be there in 20 min\n\nSent from my iPhone\n", fields={"X-Mailer": "iPhone Mail (22B83)"}))
ham("PGP signed", build.pgp())
ham("S/MIME signed", build.smime())
ham("PGP encrypted", build.pgp_encrypted())
ham("apple mail", alternative("Alex Berg <alex@home.example>", "Sunday", "Hi Robin,\n\nsee you on Sunday!\n\nAlex\n", '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">Hi Robin,<div><br></div><div>see you on Sunday!</div><div><br></div><div>Alex</div></body></html>', fields={"X-Mailer": "Apple Mail (2.3774.300.61.1.2)"}))
ham("gmail", alternative("Alex Berg <alex.berg@gmail.com>", "recipe", "Here is the recipe: 500 g flour, 350 g water, salt. Let it rest overnight.\n", '<div dir="ltr">Here is the recipe: 500 g flour, 350 g water, salt. Let it rest overnight.<br></div>'))
ham("two lines", plain("Pat <pat@home.example>", "keys", "The keys are under the pot.\nPat\n"))
ham("outlook", alternative("Sam Reed <sam@office.example>", "Minutes", "Hi all,\n\nminutes of today: the roof gets repaired in May.\n\nSam\n", '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!--\np.MsoNormal {margin:0cm;font-size:11.0pt;font-family:"Calibri",sans-serif;}\n--></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]--></head><body lang="EN-GB" link="#0563C1"><div class="WordSection1"><p class="MsoNormal">Hi all,<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">minutes of today: the roof gets repaired in May.<o:p></o:p></p><p class="MsoNormal">Sam<o:p></o:p></p></div></body></html>', fields={"Thread-Topic": "Minutes", "X-MS-Has-Attach": "", "Accept-Language": "en-GB"}))
ham("thunderbird", plain("Lee <lee@home.example>", "Re: keys", "Am 03.11.26 um 09:12 schrieb Robin:\n> who has the keys?\n\nI do.\n", fields={**REPLY, "User-Agent": "Mozilla Thunderbird"}))

for name, sender, subject, text in (
        ("german", "Jürgen Müller <j.mueller@verein.example>", "Einladung zur Mitgliederversammlung", "Liebe Mitglieder,\n\nhiermit laden wir Sie herzlich zur Mitgliederversammlung am 12. März um 19 Uhr ein. Die Tagesordnung finden Sie unten.\n\nMit freundlichen Grüßen\nJürgen Müller\n"),
        ("german invoice", "Stadtwerke <kundenservice@stadtwerke.example>", "Ihre Rechnung für Oktober", "Sehr geehrte Frau Winter,\n\nIhre Rechnung über 84,20 € liegt in Ihrem Kundenkonto bereit. Der Betrag wird am 15.11. abgebucht.\n\nIhre Stadtwerke\n"),
        ("french", "Hélène Garnier <helene@ecole.example>", "Réunion des parents d’élèves", "Chers parents,\n\nla réunion aura lieu jeudi à 18 h. Merci de confirmer votre présence.\n\nBien à vous,\nHélène\n"),
        ("russian", "Анна <anna@pochta.example>", "Встреча в субботу", "Привет!\n\nВстречаемся в субботу в 12 часов у входа в парк. Возьми тёплую куртку.\n\nАнна\n"),
        ("chinese", "王芳 <wangfang@gongsi.example>", "关于下周会议的安排", "各位同事：\n\n下周二上午十点在三楼会议室开会，请准时参加。\n\n王芳\n"),
        ("arabic", "سارة <sara@sharika.example>", "موعد الاجتماع القادم", "مرحبا،\n\nسيكون الاجتماع يوم الأحد الساعة العاشرة صباحا.\n\nمع التحية\nسارة\n"),
        ("japanese", "田中 <tanaka@kaisha.example>", "来週の打ち合わせについて", "お世話になっております。\n\n来週の打ち合わせは火曜日の十時からでお願いいたします。\n\n田中\n"),
        ("hebrew", "דנה <dana@hevra.example>", "פגישה ביום שני", "שלום,\n\nהפגישה תתקיים ביום שני בשעה עשר.\n\nדנה\n"),
        ("greek", "Νίκος <nikos@etairia.example>", "Συνάντηση", "Καλημέρα,\n\nη συνάντηση είναι την Τρίτη στις δέκα.\n\nΝίκος\n"),
        ("polish", "Łukasz <lukasz@firma.example>", "Spotkanie w środę", "Cześć,\n\nspotykamy się w środę o dziesiątej. Proszę weź dokumenty.\n\nŁukasz\n"),
        ("turkish", "Ayşe <ayse@sirket.example>", "Toplantı", "Merhaba,\n\ntoplantı çarşamba günü saat onda. Görüşmek üzere.\n\nAyşe\n"),
        ("internationalised domain", "Büro <buero@bücher.example>", "Ihre Bestellung ist da", "Guten Tag,\n\nIhr Buch liegt bereit: https://bücher.example/abholung\n\nIhre Buchhandlung\n")):
    ham(name, plain(sender, subject, text))
