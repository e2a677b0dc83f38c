# A message has left Junk: ham, unless it goes to Trash.
require ["vnd.dovecot.pipe", "copy", "imapsieve", "environment", "variables"];

if environment :matches "imap.mailbox" "*" {
	set "mailbox" "${1}";
}

if string "${mailbox}" ["Trash", "Deleted Items", "Deleted Messages"] {
	stop;
}

if environment :matches "imap.user" "*" {
	set "user" "${1}";
}

pipe :copy :try "merlon-learn" ["ham", "${user}"];
