#!/usr/bin/perl
# Mail::DKIM's ARC for arc_seal_peer.py. A line "verify FILE" or "seal FILE DOMAIN SELECTOR KEY-FILE
# AUTHSERV-ID CHAIN" (tabs between) gives a line: the result, or the new fields in hexadecimal. The
# file given on the command line holds the keys, "NAME TEXT" a line.
use strict;
use warnings;
use Mail::DKIM::ARC::Signer;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::DNS;
use Net::DNS;

package Keys;

sub new {
	my ($class, $path) = @_;
	open my $f, '<', $path or die "$path: $!";
	my %text = map { /^(\S+) (.*)$/ ? ($1 => $2) : () } <$f>;
	return bless { text => \%text }, $class;
}

sub send {
	my ($self, $name, $type) = @_;
	my $packet = Net::DNS::Packet->new($name, $type);
	my $text = $self->{text}{ lc $name };
	$packet->header->rcode(defined $text ? 'NOERROR' : 'NXDOMAIN');
	$packet->push(answer => Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => $text))
	    if defined $text;
	return $packet;
}

sub errorstring { return 'NOERROR' }

package main;

sub message {
	my ($path) = @_;
	open my $f, '<:raw', $path or die "$path: $!";
	local $/;
	return scalar <$f>;
}

sub verify {
	my ($path) = @_;
	my $arc = Mail::DKIM::ARC::Verifier->new();
	$arc->PRINT(message($path));
	$arc->CLOSE;
	return $arc->result_detail;
}

sub seal {
	my ($path, $domain, $selector, $key, $srv, $chain) = @_;
	my $arc = Mail::DKIM::ARC::Signer->new(
		Algorithm => 'rsa-sha256',
		Chain => $chain,
		Domain => $domain,
		Selector => $selector,
		SrvId => $srv,
		KeyFile => $key,
		Timestamp => 1700000000,
	);
	$arc->PRINT(message($path));
	$arc->CLOSE;
	return '' if $arc->result ne 'sealed';
	return unpack 'H*', join '', map { s/\r?\n/\r\n/g; s/(\r\n)*\z/\r\n/; $_ } $arc->as_strings;
}

$| = 1;
Mail::DKIM::DNS::resolver(Keys->new($ARGV[0]));
while (my $line = <STDIN>) {
	chomp $line;
	my ($do, @words) = split /\t/, $line;
	print $do eq 'seal' ? seal(@words) : verify(@words), "\n";
}
