"""The mail servers of the end-to-end tests: real Postfix and real Sendmail, unpacked and not
installed, each in a directory of its own; a client that can be anybody; a sink that keeps mail."""
import os
import smtplib
import socket
import socketserver
import subprocess
import threading
import time

from harness import Failure, Server, answers, free_port, peer, wait_for

MAIN_CF = """compatibility_level = 3.6
queue_directory = {run}/spool
data_directory = {run}/data
daemon_directory = {pf}/usr/lib/postfix/sbin
command_directory = {pf}/usr/sbin
shlib_directory = {pf}/usr/lib/postfix
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH
mail_owner = daemon
setgid_group = uucp
maillog_file = {run}/mail.log
maillog_file_prefixes = {run}
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = example.org
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {run}/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:8
virtual_gid_maps = static:8
alias_maps =
alias_database =
smtpd_milters = {milters}
non_smtpd_milters =
milter_default_action = tempfail
milter_protocol = 6
milter_content_timeout = 30s
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, permit_auth_destination, reject
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtp_dns_support_level = disabled
default_process_limit = 100
"""

# One smtpd for each list of milters: the rest is what delivery to a Maildir needs.
MASTER_CF = """pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""

SPOOL = "active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace"


class Postfix:
    """Postfix with one smtpd a list of milters, in order: ports[i] is where it listens."""

    def __init__(self, run, *milters, more=""):
        """more: lines of main.cf."""
        self.run, self.pf = run, peer("postfix")
        self.seen, self.mails = set(), []
        self.ports = [free_port() for _ in milters]
        self.directories()
        self.write("main.cf", MAIN_CF.format(run=run, pf=self.pf, milters=milters[0]) + more)
        self.write("master.cf", MASTER_CF + "".join(
            f"127.0.0.1:{port} inet n - n - - smtpd -o smtpd_milters={m.replace(' ', ',')}\n"
            for port, m in zip(self.ports, milters)))
        env = dict(os.environ, LD_LIBRARY_PATH=f"{self.pf}/usr/lib/postfix:{self.pf}/usr/lib/x86_64-linux-gnu",
                   MAIL_CONFIG=f"{run}/conf")
        self.master = Server([f"{self.pf}/usr/lib/postfix/sbin/master", "-c", f"{run}/conf", "-d"],
                             f"{run}/master.log", env)
        try:
            wait_for(lambda: all(answers(("127.0.0.1", p)) for p in self.ports), "Postfix")
        except Failure:
            self.stop()
            raise Failure("Postfix does not start:\n" + self.log()) from None

    def directories(self):
        for name in ["conf", "data", "mail"] + ["spool/" + n for n in SPOOL.split()]:
            os.makedirs(f"{self.run}/{name}", exist_ok=True)
        daemon = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
                  "private", "saved", "trace"]
        subprocess.run(["chown", "daemon", f"{self.run}/data"] + [f"{self.run}/spool/{n}" for n in daemon],
                       check=True)
        for name, mode in (("public", 0o710), ("maildrop", 0o730)):
            subprocess.run(["chown", "daemon:uucp", f"{self.run}/spool/{name}"], check=True)
            os.chmod(f"{self.run}/spool/{name}", mode)
        os.chmod(f"{self.run}/spool/private", 0o700)
        subprocess.run(["chown", "mail:mail", f"{self.run}/mail"], check=True)

    def write(self, name, text):
        with open(f"{self.run}/conf/{name}", "w") as f:
            f.write(text)

    def log(self):
        text = ""
        for name in ("master.log", "mail.log"):
            if os.path.exists(f"{self.run}/{name}"):
                with open(f"{self.run}/{name}", errors="replace") as f:
                    text += "".join(f.readlines()[-25:])
        return text

    def delivered(self):
        """What was delivered so far, in order of arrival, each as octets with LF line ends."""
        box = f"{self.run}/mail/all/new"
        fresh = set(os.listdir(box) if os.path.isdir(box) else []) - self.seen
        for path in sorted((f"{box}/{name}" for name in fresh), key=os.path.getmtime):
            with open(path, "rb") as f:
                self.mails.append(f.read())
        self.seen |= fresh
        return self.mails

    def wait_delivered(self, count, seconds=20):
        wait_for(lambda: len(self.delivered()) >= count, f"{count} delivered mails", seconds)
        return list(self.mails)

    def stop(self):
        self.master.stop()


SENDMAIL_MC = """divert(-1)
divert(0)dnl
VERSIONID(`merlon test')
OSTYPE(`linux')dnl
define(`confPID_FILE',`{run}/sendmail.pid')dnl
define(`QUEUE_DIR',`{run}/queue')dnl
define(`STATUS_FILE',`{run}/statistics')dnl
define(`ALIAS_FILE',`{run}/aliases')dnl
define(`confTEMP_FILE_MODE',`0600')dnl
define(`confDOMAIN_NAME',`mx.example.org')dnl
define(`confDONT_BLAME_SENDMAIL',`GroupWritableDirPathSafe,WorldWritableForwardFile,GroupReadableKeyFile,GroupWritableIncludeFileSafe')dnl
define(`confCONTROL_SOCKET_NAME',`{run}/control')dnl
define(`confDELIVERY_MODE',`i')dnl
define(`confTO_IDENT',`0')dnl
define(`confCONNECTION_RATE_THROTTLE',`0')dnl
define(`confQUEUE_LA',`1000')dnl
define(`confREFUSE_LA',`2000')dnl
define(`confDELAY_LA',`2000')dnl
define(`confMAX_DAEMON_CHILDREN',`0')dnl
define(`SMART_HOST',`relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS',`TCP [127.0.0.1] {sink}')dnl
define(`ESMTP_MAILER_ARGS',`TCP [127.0.0.1] {sink}')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
DAEMON_OPTIONS(`Port={port},Addr=127.0.0.1,Name=MTA')dnl
INPUT_MAIL_FILTER(`merlon',`S={milter}, F=T, T=S:30s;R:30s;E:5m')dnl
define(`confMILTER_MACROS_CONNECT',`j, _, {{daemon_name}}, {{if_name}}, {{if_addr}}, v')dnl
{more}MAILER(`smtp')dnl
"""


class Sendmail:
    """Sendmail with one milter ("inet:PORT@ADDRESS" or "local:PATH"); relays to a Sink."""

    def __init__(self, run, milter, sink_port, more=""):
        """more: lines of sendmail.mc, in front of its mailers."""
        self.run, self.sm, self.port = run, peer("sendmail"), free_port()
        os.makedirs(f"{run}/queue", 0o700, exist_ok=True)
        os.chmod(run, 0o755)
        files = {"aliases": "", "hosts": "127.0.0.1 mx.example.org mx localhost\n",
                 "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
                 "sendmail.mc": SENDMAIL_MC.format(run=run, port=self.port, milter=milter, sink=sink_port, more=more)}
        for name, text in files.items():
            with open(f"{run}/{name}", "w") as f:
                f.write(text)
        cf = f"{self.sm}/usr/share/sendmail/cf"
        with open(f"{run}/sendmail.cf", "w") as f:
            subprocess.run(["m4", "-I", cf, f"{cf}/m4/cf.m4", f"{run}/sendmail.mc"], stdout=f, check=True,
                           stderr=subprocess.DEVNULL)
        # a host name that does not resolve stalls the start: names of its own, in namespaces of its own
        script = (f"hostname mx.example.org; mount --bind {run}/hosts /etc/hosts; "
                  f"mount --bind {run}/resolv.conf /etc/resolv.conf; "
                  f"exec {self.sm}/usr/libexec/sendmail/sendmail -bD -C {run}/sendmail.cf -X {run}/x.log")
        env = dict(os.environ, LD_LIBRARY_PATH=f"{self.sm}/usr/lib/x86_64-linux-gnu:{self.sm}/usr/lib")
        self.daemon = Server(["unshare", "-m", "-u", "sh", "-c", script], f"{run}/sendmail.log", env)
        try:
            wait_for(lambda: answers(("127.0.0.1", self.port)), "Sendmail", 20)
        except Failure:
            self.stop()
            raise Failure("Sendmail does not start:\n" + self.daemon.tail()) from None

    def queued(self):
        return [n for n in os.listdir(f"{self.run}/queue") if n.startswith("qf")]

    def stop(self):
        self.daemon.stop()


class Sink:
    """An SMTP server that accepts everything and keeps it: mails holds octets with LF line ends, raw
    as they came."""

    def __init__(self, eightbit=True):
        sink = self
        self.mails, self.raw = [], []
        self.hello = b"250-sink.example.org\r\n250 8BITMIME\r\n" if eightbit else b"250 sink.example.org\r\n"

        class Handler(socketserver.StreamRequestHandler):
            timeout, disable_nagle_algorithm = 60, True

            def handle(self):
                self.wfile.write(b"220 sink.example.org ESMTP\r\n")
                for line in self.rfile:
                    verb = line[:4].upper()
                    if verb == b"DATA":
                        self.data()
                    elif verb == b"QUIT":
                        self.wfile.write(b"221 2.0.0 bye\r\n")
                        return
                    elif verb == b"EHLO":
                        self.wfile.write(sink.hello)
                    else:
                        self.wfile.write(b"250 2.0.0 ok\r\n")

            def data(self):
                lines, raw = [], []
                self.wfile.write(b"354 go on\r\n")
                for line in self.rfile:
                    if line.rstrip(b"\r\n") == b".":
                        break
                    raw.append(line[1:] if line.startswith(b".") else line)
                    lines.append(raw[-1].rstrip(b"\r\n"))
                sink.raw.append(b"".join(raw))
                sink.mails.append(b"\n".join(lines) + b"\n")
                self.wfile.write(b"250 2.0.0 kept\r\n")

        class ThreadingServer(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = ThreadingServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def delivered(self):
        return self.mails

    def wait_delivered(self, count, seconds=20):
        wait_for(lambda: len(self.mails) >= count, f"{count} mails in the sink", seconds)
        return list(self.mails)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Client:
    """An SMTP client: with XCLIENT (Postfix) it comes from any address, else from a loopback one."""

    def __init__(self, port, ip=None, helo="client.example", source=None, name="[UNAVAILABLE]"):
        self.smtp = smtplib.SMTP(local_hostname=helo, timeout=40, source_address=(source, 0) if source else None)
        self.smtp.connect("127.0.0.1", port)
        if ip:
            self.smtp.ehlo()
            address = f"IPV6:{ip}" if ":" in ip else ip
            code, text = self.smtp.docmd("XCLIENT", f"ADDR={address} NAME={name}")
            if code != 220:
                raise Failure(f"XCLIENT: {code} {text}")
        self.smtp.ehlo()

    def send(self, sender, rcpts, message):
        """The reply that decided: (code, text) of the first refusal or of the end of the data."""
        rcpts = [rcpts] if isinstance(rcpts, str) else rcpts
        steps = [("mail", f"FROM:<{sender}>")] + [("rcpt", f"TO:<{r}>") for r in rcpts]
        for verb, what in steps:
            reply = self.smtp.docmd(verb, what)
            if reply[0] >= 400:
                self.smtp.docmd("rset")
                return reply
        return self.smtp.data(message)

    def close(self):
        try:
            self.smtp.quit()
        except (smtplib.SMTPException, OSError):
            self.smtp.close()


def send(port, sender, rcpt, message, ip=None, helo="client.example", **more):
    c = Client(port, ip, helo, **more)
    try:
        return c.send(sender, rcpt, message)
    finally:
        c.close()


def send_until_taken(port, sender, rcpt, message, seconds=30, **more):
    """As an MTA does: tries again after 4xx or a broken connection; how often it was put off."""
    end, put_off = time.monotonic() + seconds, 0
    while True:
        try:
            code, text = send(port, sender, rcpt, message, **more)
        except (smtplib.SMTPException, OSError, socket.timeout):
            code, text = 400, b"connection lost"
        if code < 400:
            return put_off
        if code >= 500 or time.monotonic() > end:
            raise Failure(f"refused: {code} {text!r}")
        put_off += 1
        time.sleep(0.1)
