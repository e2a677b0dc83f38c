#!/usr/bin/perl
# What SpamAssassin's local tests say: one line of JSON for each message named on standard input.
#
# sa_hits.pl [RULES-DIR] < paths: {"file","score","hits":[...],"subrules":[...],"cpu_ms"}. Network
# tests, Bayes, user preferences and rewriting are off; nothing but the rule files is read. With SA_DNS
# (address:port) in the environment network tests are on, and ask there.
use strict;
use warnings;
use JSON::PP;
use Time::HiRes qw(clock);
use Mail::SpamAssassin;

my $dns = $ENV{SA_DNS};
my $rules = shift // '/usr/share/spamassassin';
my $sa = Mail::SpamAssassin->new({
	rules_filename => $rules, site_rules_filename => $ENV{SA_SITE} // '/etc/spamassassin',
	local_tests_only => $dns ? 0 : 1, dont_copy_prefs => 1, require_rules => 1, userprefs_filename => '/dev/null',
	home_dir_for_helpers => $ENV{TMPDIR} // '/tmp', userstate_dir => $ENV{TMPDIR} // '/tmp',
	post_config_text => "use_bayes 0\nuse_auto_welcomelist 0\nuse_txrep 0\nuse_pyzor 0\nuse_razor2 0\nuse_dcc 0\n"
		. ($dns ? "dns_available yes\ndns_server $dns\nrbl_timeout 10 5\n" : ''),
});
$sa->init(1);
my $json = JSON::PP->new->canonical->latin1;
$| = 1;
while (my $path = <STDIN>) {
	chomp $path;
	open(my $fh, '<:raw', $path) or die "$path: $!\n";
	my @lines = <$fh>;
	my $began = clock();
	my $mail = $sa->parse(\@lines, 0);
	my $status = $sa->check($mail);
	my %row = (file => $path, score => $status->get_score() + 0,
		hits => [sort split /,/, $status->get_names_of_tests_hit()],
		subrules => [sort keys %{{ map { $_ => 1 } grep { length } split /,/, $status->get_names_of_subtests_hit() }}]);
	$status->finish();
	$mail->finish();
	$row{cpu_ms} = int((clock() - $began) * 10000) / 10;
	print $json->encode(\%row), "\n";
}
