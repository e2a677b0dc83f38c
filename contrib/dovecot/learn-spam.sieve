# A message has come into Junk: spam.
require ["vnd.dovecot.pipe", "copy", "imapsieve", "environment", "variables"];

if environment :matches "imap.user" "*" {
	set "user" "${1}";
}

pipe :copy :try "merlon-learn" ["spam", "${user}"];
