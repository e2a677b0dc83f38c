#!/usr/bin/perl
# Prints how SpamAssassin reads the headers and links of each message file: one fact a line, octets
# outside printable ASCII as %XX. Usage: dump_sa_headers.pl FILE... (local tests only, no network).
use strict;
use warnings;
use Mail::SpamAssassin;
use Mail::SpamAssassin::PerMsgStatus;

my @specs = split /\n/, <<'LIST';
Subject
Subject:raw
From
From:raw
From:addr
From:name
From:name:raw
From:addr:host
From:addr:domain
From:host
From:domain
To
To:addr
To:name
To:raw
ToCc
ToCc:raw
ToCc:addr
Reply-To:addr
Reply-To:name
Cc:addr
Received
Received:raw
Received:ip
Message-ID
Message-ID:host
Message-ID:domain
MESSAGEID
MESSAGEID:raw
Content-Type
Content-Type:raw
X-Mailer
Date
Return-Path:addr
EnvelopeFrom
EnvelopeFrom:first:addr:host
List-Unsubscribe
List-Id
Sender:first:addr
ALL
ALL:raw
ALL-TRUSTED
ALL-TRUSTED:raw
ALL-UNTRUSTED
ALL-INTERNAL
ALL-EXTERNAL
X-Spam-Relays-Trusted
X-Spam-Relays-Untrusted
X-Spam-Relays-Internal
X-Spam-Relays-External
X-Spam-Relays-Untrusted:ip
X-Spam-Relays-Untrusted:revip
LIST

sub esc {
	my $s = join '', @_;
	utf8::encode($s) if utf8::is_utf8($s);
	$s =~ s/([^\x20-\x24\x26-\x7e])/sprintf '%%%02X', ord $1/ge;
	return $s;
}

my $sa = Mail::SpamAssassin->new({ local_tests_only => 1, dont_copy_prefs => 1,
	userstate_dir => '/nonexistent', userprefs_filename => '/dev/null' });
$sa->init(0);
binmode STDOUT;
while (@ARGV) {
	my $path = shift @ARGV;
	if ($path eq '-') {
		push @ARGV, map { chomp; $_ } <STDIN>;
		next;
	}
	open my $fh, '<:raw', $path or next;
	my $text = do { local $/; <$fh> };
	close $fh;
	my $msg = $sa->parse($text, 1);
	my $pms = Mail::SpamAssassin::PerMsgStatus->new($sa, $msg);
	$pms->extract_message_metadata();
	print "F\t$path\n";
	for my $spec (@specs) {
		my @v = $pms->get($spec);
		next unless @v;
		print "H\t$spec\t", esc(join($v[0] =~ /\n\z/ ? '' : "\n", @v)), "\n";
	}
	print "N\tunparseable\t$pms->{num_relays_unparseable}\n";
	my $all = $pms->get_uri_detail_list();
	my %seen;
	for my $uri (sort keys %$all) {
		my $d = $all->{$uri};
		my $types = join ' ', sort keys %{ $d->{types} || {} };
		my %c = map { $_ => 1 } @{ $d->{cleaned} || [] };
		my $hosts = join ' ', map { "$_=$d->{hosts}{$_}" } sort keys %{ $d->{hosts} || {} };
		my $anchors = join '|', @{ $d->{anchor_text} || [] };
		print "D\t", esc($uri), "\t$types\t", esc(join ' ', sort keys %c), "\t", esc($hosts),
			"\t", esc($anchors), "\n";
		$seen{$_} = 1 for keys %c;
	}
	print "U\t", esc($_), "\n" for sort keys %seen;
	$pms->finish();
	$msg->finish();
}
