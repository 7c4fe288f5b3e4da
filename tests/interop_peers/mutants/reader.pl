# Reads messages as Email::MIME does, and as Mail::Internet, which decodes nothing: a JSON object on
# each line of stdin, what a person is shown on each of stdout.
use strict;
use warnings;
use Email::MIME;
use JSON::PP;
use Mail::Internet;
use MIME::Base64;

if (@ARGV && $ARGV[0] eq '--version') {
    print "$Email::MIME::VERSION\n";
    exit 0;
}

sub fields_of {
    my ($message, $name) = @_;
    return [map { defined ? "$_" : '' } $message->header_str($name)];
}

sub text_of {
    my ($part) = @_;
    my $text = eval { $part->body_str };
    return defined $text ? $text : eval { $part->body } // "$@";
}

sub parts_of {
    my ($part) = @_;
    my @inside = $part->subparts;
    return map { parts_of($_) } @inside if @inside;
    my ($type) = split /;/, $part->content_type // 'text/plain';
    return [lc $type, text_of($part)];
}

sub decoded_view {
    my ($octets) = @_;
    my $message = Email::MIME->new($octets);
    return {
        fields => { map { $_ => fields_of($message, $_) } qw(from subject date) },
        parts => [parts_of($message)],
    };
}

sub plain_view {
    my ($octets) = @_;
    my @lines = $octets =~ /[^\n]*\n/g;
    my $message = Mail::Internet->new(\@lines);
    my %fields;
    for my $name (qw(from subject date)) {
        $fields{$name} = [$message->head->get($name)];
        s/\r?\n\z// for @{ $fields{$name} };
    }
    return { fields => \%fields, parts => [['body', join '', @{ $message->body }]] };
}

sub or_error {
    my ($read, $octets) = @_;
    return eval { $read->($octets) } || { fields => {}, parts => [['error', "$@"]] };
}

$| = 1;
local $SIG{__WARN__} = sub { };
while (my $line = <STDIN>) {
    my $octets = decode_base64(decode_json($line)->{message});
    print encode_json({
        'Email::MIME' => or_error(\&decoded_view, $octets),
        'Mail::Internet' => or_error(\&plain_view, $octets),
    }), "\n";
}
