#!/usr/bin/perl -T
# Prints SpamAssassin's own views of messages, one JSON object a line: what its rules see.
#
#	perl -T dump_sa.pl [--header NAME]... FILE... (or names of files on standard input)
#
# {"file", "body": [...], "rawbody": [...], "full", "visible": [...], "invisible": [...],
#  "uri": [...], "uri_detail": {uri: {types, anchor_text, cleaned, domains, hosts}},
#  "html": [{name: number or text or list}], "header": {name: text}, "mimeheader": {name: [...]}}
# Octets over 127 are written as U+0080 to U+00FF. Local tests only, no network.
use strict;
use warnings;
use Mail::SpamAssassin;
use Mail::SpamAssassin::PerMsgStatus;

my (@headers, @files, @mime);
while (@ARGV) {
	my $arg = shift @ARGV;
	if ($arg eq '--header') { push @headers, shift @ARGV; }
	elsif ($arg eq '--mimeheader') { push @mime, shift @ARGV; }
	else { push @files, $arg; }
}
@headers = ('Subject', 'From:addr', 'From:name', 'ToCc', 'MESSAGEID', 'EnvelopeFrom', 'ALL',
	'X-Spam-Relays-Trusted', 'X-Spam-Relays-Untrusted', 'X-Spam-Relays-External')
	if !@headers;
@mime = ('Content-Type', 'Content-Disposition:raw') if !@mime;

sub text {
	my $s = shift;

	return 'null' if !defined $s;
	utf8::encode($s) if utf8::is_utf8($s);
	$s =~ s/([\\"])/\\$1/g;
	$s =~ s/([\x00-\x1f\x7f-\xff])/sprintf('\\u%04x', ord $1)/ge;
	return qq("$s");
}

sub value {
	my $v = shift;

	return 'null' if !defined $v;
	return '[' . join(',', map { value($_) } @$v) . ']' if ref $v eq 'ARRAY';
	return '{' . join(',', map { text($_) . ':' . value($v->{$_}) } sort keys %$v) . '}'
		if ref $v eq 'HASH';
	return text($v);
}

sub slurp {
	my $name = shift;

	open(my $fh, '<:raw', $name) or die "$name: $!\n";
	local $/;
	my $text = <$fh>;
	close $fh;
	$text =~ s/\r\n/\n/g;    # as it stands after delivery
	return $text;
}

# Under taint mode a text from a file is tainted; the rules' own fields are made as in a scan.
sub mime_fields {
	my ($msg, $name) = @_;
	my $raw = $name =~ s/:raw$//;

	return [ map { scalar($raw ? $_->raw_header($name) : $_->get_header($name)) }
		$msg->find_parts(qr/./) ];
}

# "types uri text/text"
sub links {
	my $detail = shift || {};

	return [ sort map { my $d = $detail->{$_};
		join(' ', join(',', sort keys %{ $d->{types} || {} }), $_,
			join('/', @{ $d->{anchor_text} || [] })) } keys %$detail ];
}

sub dump_one {
	my ($sa, $name) = @_;
	my $msg = $sa->parse(slurp($name), 1);
	my $pms = Mail::SpamAssassin::PerMsgStatus->new($sa, $msg);
	my (%header, %mime);

	$pms->extract_message_metadata();
	my $body = $pms->get_decoded_stripped_body_text_array();
	my @html = map { my %h = %$_; $h{links} = links($h{uri_detail});
		delete @h{qw(uri uri_detail anchor script)}; \%h }
		grep { $_ } @{ $msg->{metadata}{html_all} || [] };
	$header{$_} = $pms->get($_, undef) for @headers;
	$mime{$_} = mime_fields($msg, $_) for @mime;
	my %out = (
		file => $name, body => $body, html => \@html, header => \%header,
		mimeheader => \%mime, full => $msg->get_pristine(),
		rawbody => $pms->get_decoded_body_text_array(),
		visible => $msg->get_visible_rendered_body_text_array(),
		invisible => $msg->get_invisible_rendered_body_text_array(),
		uri => [ $pms->get_uri_list() ], uri_detail => $pms->get_uri_detail_list(),
		parts => [ map { [ $_->{type}, $_->effective_type() ] } $msg->find_parts(qr/./) ],
	);
	print value(\%out), "\n";
	$pms->finish();
	$msg->finish();
}

$ENV{PATH} = '/usr/bin:/bin';
binmode STDOUT;
$| = 1;
my $sa = Mail::SpamAssassin->new({
	local_tests_only => 1, dont_copy_prefs => 1, userprefs_filename => '/dev/null',
	require_rules => 0, rules_filename => $ENV{SA_RULES} || '/usr/share/spamassassin',
	userstate_dir => '/nonexistent',
});
$sa->init(0);
if (!@files) {
	chomp(@files = <STDIN>);
}
for (@files) {
	/^(.*)$/s;
	dump_one($sa, $1);
}
