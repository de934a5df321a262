//! Development only: a throw-away HPKI with people, test cards and a time-stamp authority over loopback HTTP.
