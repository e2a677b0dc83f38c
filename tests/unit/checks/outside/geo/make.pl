#!/usr/bin/perl
# Writes the small databases that tests look things up in, in the forms of several makers:
#     perl make.pl DIRECTORY        (needs libmaxmind-db-writer-perl)
# Networks are those of documentation (RFC 5737, RFC 3849); what is said of them is invented.
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my %type = (
    (map { $_ => 'utf8_string' } qw(iso_code code en country_code country_name asn as_name as_domain
        continent_code autonomous_system_organization)),
    (map { $_ => 'map' } qw(country registered_country continent city names)),
    autonomous_system_number => 'uint32', geoname_id => 'uint32',
);

sub database {
    my ($file, $kind, $types, %entry) = @_;
    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version => 6, record_size => 24, database_type => $kind, languages => ['en'],
        description => { en => 'for tests' }, remove_reserved_networks => 0,
        map_key_type_callback => sub { $types->{ $_[0] } || $type{ $_[0] } },
    );
    $tree->insert_network($_, $entry{$_}) for sort keys %entry;
    open my $out, '>:raw', "$ARGV[0]/$file" or die "$file: $!";
    $tree->write_tree($out);
    close $out or die "$file: $!";
}

sub country { { country => { iso_code => $_[0] }, registered_country => { iso_code => $_[1] || $_[0] } } }

database('country.mmdb', 'GeoLite2-Country', {},
    '192.0.2.0/25' => country('DE'), '192.0.2.128/25' => country('FR', 'CN'),
    '198.51.100.0/24' => { registered_country => { iso_code => 'NO' } },
    '203.0.113.0/24' => country('CN'), '2001:db8:1::/48' => country('BR'));
# The same file a month later.
database('country-new.mmdb', 'GeoLite2-Country', {},
    '192.0.2.0/24' => country('SE'), '203.0.113.0/24' => country('CN'));
database('asn.mmdb', 'GeoLite2-ASN', {},
    '192.0.2.0/24' => { autonomous_system_number => 64496, autonomous_system_organization => "Example \x{dc}nion" },
    '203.0.113.0/24' => { autonomous_system_number => 64511, autonomous_system_organization => "bad\r\nname\x{9b} " . 'x' x 100 },
    '2001:db8:1::/48' => { autonomous_system_number => 4200000001 });
database('city.mmdb', 'GeoLite2-City', {},
    '192.0.2.0/24' => { city => { geoname_id => 1, names => { en => 'Berlin' } }, country => { iso_code => 'DE' } });
# IPinfo's forms: the code by itself, and the name beside it.
database('ipinfo.mmdb', 'ipinfo standard', { country => 'utf8_string', city => 'utf8_string' },
    '192.0.2.0/24' => { country => 'at', asn => 'AS64500', as_name => 'Donau Netz', city => 'Wien' },
    '198.51.100.0/24' => { country => 'Norway', country_code => 'NO', asn => 'AS', as_name => 'none' },
    '203.0.113.0/24' => { country => 'C1', asn => 'AS99999999999' });
# Everything of another type than it should have.
database('odd.mmdb', 'odd', { country => 'uint32', asn => 'map', autonomous_system_number => 'utf8_string',
        autonomous_system_organization => 'uint32', city => 'uint32' },
    '192.0.2.0/24' => { country => 7, asn => { en => 'x' }, autonomous_system_number => 'lots',
        autonomous_system_organization => 9, city => 3 });
