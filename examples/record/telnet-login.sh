#!/bin/sh
# telnet-login.sh USER PASSWORD HOST: a telnet session typed slowly enough for the prompts.
{
  sleep 1; printf '%s\r\n' "$1"
  sleep 1; printf '%s\r\n' "$2"
  sleep 2; printf 'id\r\n'
  sleep 1; printf 'exit\r\n'
  sleep 1
} | timeout 12 telnet "$3"
