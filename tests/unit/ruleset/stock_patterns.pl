#!/usr/bin/perl
# Prints the expressions of SpamAssassin's stock rules, as it has them after replace_tags: modifiers,
# a tab, the expression.
use strict;
use warnings;
use Mail::SpamAssassin;
use Mail::SpamAssassin::Util qw(qr_to_string);

my $sa = Mail::SpamAssassin->new({
	local_tests_only => 1, dont_copy_prefs => 1, rules_filename => '/usr/share/spamassassin',
	site_rules_filename => '/etc/spamassassin', userprefs_filename => '/dev/null',
	LOCAL_STATE_DIR => '/nonexistent' });
$sa->init(0);
for my $name (sort keys %{$sa->{conf}{test_qrs}}) {
	my $re = qr_to_string($sa->{conf}{test_qrs}{$name});
	my $mods = '';
	next unless defined $re;
	$mods .= $1 while $re =~ s/^\(\?([a-z]+)\)//;
	$re =~ s/\n/\\n/g;
	next if $re =~ /\\x\{[0-9a-f]{3,}\}/i;
	print "$mods\t$re\n";
}
