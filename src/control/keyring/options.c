/* The options of keys' lives. */
#include "control/keyring/options.h"

#define NO_EXPIRY_S                                                                                \
	604800 /* of signatures without x=: mail is not longer on its way than a week              \
		*/

const struct conf_opt keyring_options[] = {
	{ .name = "sign.rotate",
	  .type = CONF_TIME,
	  .def = "0",
	  .allow = "0..3650d",
	  .help = "age at which keys of merlon dkim get successors, to be published; 0: never" },
	{ .name = "sign.check",
	  .type = CONF_TIME,
	  .def = "5m",
	  .allow = "1s..1d",
	  .help = "how often name servers are asked for the records of pending keys; for those of "
		  "keys in use every twelfth time" },
	{ .name = "sign.linger",
	  .type = CONF_TIME,
	  .def = "1d",
	  .allow = "1s..365d",
	  .help = "how much longer than sign.expire a key is kept that is signed with no longer" },
	{ .name = "sign.dns_port",
	  .type = CONF_INT,
	  .def = "53",
	  .allow = "1..65535",
	  .help = "port at which the name servers of our domains are asked" },
	{ 0 },
};

bool keyring_wanted(const struct conf *c)
{
	return conf_bool(c, "sign.use") || conf_bool(c, "seal.use");
}

int64_t keyring_keep_s(const struct conf *c)
{
	int64_t expire = (int64_t)(conf_time_ms(c, "sign.expire") / 1000);

	return (expire ? expire : NO_EXPIRY_S) + (int64_t)(conf_time_ms(c, "sign.linger") / 1000);
}
