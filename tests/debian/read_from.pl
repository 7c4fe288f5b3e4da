# Prints, for each file, the domains that Mail::Address finds in From.

use strict;
use warnings;
use JSON::PP;
use Mail::Address;
use Mail::Header;

my @all;
for my $path (@ARGV) {
    open my $file, '<:raw', $path or die "$path: $!";
    my @values = Mail::Header->new($file)->get('From');
    push @all, [ map { $_->host // '' } map { Mail::Address->parse($_) } @values ];
}
print JSON::PP->new->ascii->encode(\@all);
