"""`labgen completion`, and what it prints: click's completion, with the words as bash and fish really hand them over."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

# click's own script forgets all names as soon as a file might be meant as well; here files are what remains.
_BASH = """\
%(complete_func)s() {
    local completion response
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" %(complete_var)s=bash_complete "$1")
    COMPREPLY=()
    while IFS= read -r completion; do
        case $completion in
            dir,*) compopt -o dirnames;;
            file,*) compopt -o default;;
            plain,*=) COMPREPLY+=("${completion#*,}"); compopt -o nospace;;
            plain,*) COMPREPLY+=("${completion#*,}");;
        esac
    done <<< "$response"
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

# click's own script mixes names with files, and zsh then takes the word back to what it finds they share, even to a lone `/`.
_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local kind key descr files=""
    local -a names described response
    (( ! $+commands[%(prog_name)s] )) && return 1
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) %(complete_var)s=zsh_complete %(prog_name)s)}")
    for kind key descr in ${response}; do
        case $kind in
            dir) files=-/;;
            file) files=-f;;
            plain) if [[ $descr == _ ]]; then names+=("$key"); else described+=("$key:$descr"); fi;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#names )) && compadd -U -V unsorted -a names
    (( $#described + $#names )) || [[ -z $files ]] || _path_files $files
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


class Bash(BashComplete):
    """Takes the line apart itself: bash cuts words at `=` and `:`, and puts only what is behind the last of them in its place."""

    source_template: ClassVar[str] = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        incomplete = words.pop() if words and not line[-1].isspace() else ""
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem[Any]) -> str:
        breaks = [mark for mark in "=:" if mark in os.environ.get("COMP_BREAKS", "=:")]
        incomplete = self.get_completion_args()[1]
        kept = max((incomplete.rfind(mark) + 1 for mark in breaks), default=0)
        value = str(item.value)
        return f"{item.type},{value[kept:] if value.startswith(incomplete[:kept]) else value}"


class Zsh(ZshComplete):
    """Files are what remains where no name fits."""

    source_template: ClassVar[str] = _ZSH


class Fish(FishComplete):
    """Values may have commas."""

    source_template: ClassVar[str] = FishComplete.source_template.replace(
        "string split", "string split --max 1"
    )


def register() -> None:
    """Have click use these for the shells' questions and scripts."""
    add_completion_class(Bash, "bash")
    add_completion_class(Zsh, "zsh")
    add_completion_class(Fish, "fish")


@click.command(
    epilog="\b\nExamples:\n"
    "  echo 'source <(labgen completion bash)' >> ~/.bashrc\n"
    "  labgen completion zsh > ~/.zfunc/_labgen       # with fpath+=~/.zfunc before compinit in ~/.zshrc\n"
    "  labgen completion fish > ~/.config/fish/completions/labgen.fish"
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL: scenarios, devices, playbooks, nodes and labs by their names."""
    register()
    found = get_completion_class(shell)
    assert found is not None
    click.echo(
        found(click.get_current_context().find_root().command, {}, "labgen", "_LABGEN_COMPLETE").source()
    )
