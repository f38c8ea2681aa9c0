#!/bin/sh -u
# In a kernel that stays: whatever is asked for gets a folder of its own in the exchange, `asked/NAME`, with its `command`; it is run once
# `go` is there, and told to end once `cancel` is. Its exit status is the last thing that comes out. The kernel is ended from outside.
cd /run/exchange/asked
answer() (
    cd "$1"
    # A shell has what it starts in the background ignore SIGINT.
    setsid env --default-signal=INT,QUIT sh ./command >stdout 2>stderr </dev/null &
    command=$!
    while kill -0 $command 2>/dev/null; do
        if [ -e cancel ]; then
            rm -f cancel
            kill -INT -$command
        fi
        sleep 0.1
    done
    wait $command
    echo $? >status.new
    mv status.new status
)
while :; do
    for go in */go; do
        if [ -e "$go" ]; then
            rm "$go"
            answer "${go%/go}" &
        fi
    done
    sleep 0.1
done
