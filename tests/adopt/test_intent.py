"""Intents: what they say becomes the plan that checks ask, and what is wrong in one is told with its line."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from intent_files import INTENT, asked, planned, written
from jsonschema import Draft202012Validator
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.plugins.inventory import InventoryPluginRegister

from labgen.adopt.intent import logins
from labgen.adopt.intent.access import Container, Nobody, Ssh
from labgen.adopt.intent.load import load
from labgen.cli.main import cli
from labgen.devices import readers
from labgen.ground.errors import SpecError, UsageError
from labgen.ground.vocabulary import RelayOption
from labgen.schemas.published import document
from labgen.verify import playbook


def test_a_relay_has_the_giaddr_and_the_servers_that_the_intent_says(tmp_path: Path) -> None:
    (_, relay), *others = planned(tmp_path).relays("users")
    assert others == []
    assert relay.giaddr == ip_address("10.0.0.1")
    assert [(t.server, t.address, t.vrf) for t in relay.targets] == [
        ("srv", ip_address("10.9.0.2"), "default")
    ]
    assert relay.owner is not None and (relay.owner.kind, relay.owner.interface) == ("loopback", "Loopback0")


def test_a_giaddr_that_is_not_said_is_the_interfaces_own(tmp_path: Path) -> None:
    ((_, relay),) = planned(tmp_path, ("giaddr: 10.0.0.1, ", "")).relays("users")
    assert relay.giaddr == ip_address("10.1.1.2")
    assert relay.plain


def test_sub_options_are_what_the_device_sends_unless_the_intent_says(tmp_path: Path) -> None:
    ((_, left),) = planned(tmp_path).relays("users")
    ((_, said),) = planned(tmp_path, ("servers: srv", "servers: srv, options: [circuit-id]")).relays("users")
    assert RelayOption.LINK_SELECTION in left.sent
    assert left.link_selection == ip_address("10.1.1.2")
    assert said.sent == (RelayOption.CIRCUIT_ID,)
    assert said.link_selection is None


def test_pools_are_what_servers_are_held_to(tmp_path: Path) -> None:
    server = planned(tmp_path).node("srv").server
    assert server is not None
    (scope,) = server.scopes
    assert [str(each) for each in scope.ranges] == ["10.1.1.100-10.1.1.150"]
    assert (scope.lease, scope.renew, scope.rebind) == (28800, 14400, 25200)
    assert scope.open, "options that nobody listed are nobody's fault"


def test_options_that_are_listed_are_all_there_may_be(tmp_path: Path) -> None:
    plan = planned(tmp_path, ("lease: 8h", "lease: 8h, options: {dns: 10.9.0.53}"))
    server = plan.node("srv").server
    assert server is not None and not server.scopes[0].open
    assert [option.code for option in plan.options("users")] == [6]


def test_a_client_hangs_on_its_first_relay_unless_the_intent_says(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    (port,) = plan.node("pc").interfaces
    assert [each.node for each in port.neighbors] == ["leaf1"]
    assert plan.segment("users").anycast
    assert plan.node("leaf1").interface("Vlan100").anycast == ip_interface("10.1.1.1/24")


def test_nobody_asks_a_node_without_access(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert readers.of(plan.node("srv")).probes(plan.node("srv")) == ()
    assert readers.of(plan.node("pc")).probes(plan.node("pc"))


def test_a_file_that_lies_elsewhere_is_read_there(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        (
            "device: dhclient,",
            "device: dhclient, paths: {dhclient.leases: /var/lib/dhcp/dhclient.eth1.leases},",
        ),
    )
    texts = {probe.name: probe.text for probe in readers.of(plan.node("pc")).probes(plan.node("pc"))}
    assert texts["dhclient.leases"] == "/var/lib/dhcp/dhclient.eth1.leases"
    assert texts["dhclient.log"] == "if [ -e /var/log/dhclient.log ]; then cat /var/log/dhclient.log; fi"


def test_playbooks_do_to_servers_only_what_the_intent_allows(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="kea has no action `restart-server`"):
        playbook.load("server-restart", planned(tmp_path))
    changed = asked(
        tmp_path,
        (
            "access: none,",
            "access: {container: srv}, commands: {restart-server: systemctl restart kea-dhcp4-server},",
        ),
    )
    found = readers.actions(changed.node("srv"))
    assert set(found) == {"restart-server"}
    assert found["restart-server"].commands == ("systemctl restart kea-dhcp4-server",)


def test_a_client_of_somebody_else_starts_with_its_own_files(tmp_path: Path) -> None:
    commands = readers.actions(planned(tmp_path).node("pc"))["acquire"].commands
    assert "dhclient -4 -d -v -lf" in commands[0]
    assert "-sf" not in commands[0] and "-cf" not in commands[0]


WRONG = [
    pytest.param("device: eos", "device: eoss", 6, "unknown device `eoss`", id="device"),
    pytest.param(
        "device: kea, access", "device: dhclient, access", 9, "is no server", id="device of another role"
    ),
    pytest.param(
        "interface: Vlan100", "interface: Vlan200", 16, "leaf1 has no interface `Vlan200`", id="interface"
    ),
    pytest.param("servers: srv}}", "servers: srv2}}", 16, "there is no node `srv2`", id="server"),
    pytest.param("servers: srv}}", "servers: pc}}", 16, "pc is a client, not a server", id="role"),
    pytest.param("clients: {pc: eth1}", "clients: {pd: eth1}", 15, "there is no node `pd`", id="client"),
    pytest.param("ranges: 10.1.1.100", "ranges: 10.1.2.100", 17, "10.1.2.100", id="range"),
    pytest.param("ranges: 10.1.1.100-10.1.1.150", "ranges: []", 17, "", id="no range"),
    pytest.param(
        ", interfaces: {eth1: 10.9.0.2/30}", "", 9, "srv has no address", id="server without address"
    ),
    pytest.param("captures: [pc:eth1]", "captures: [pd:eth1]", 18, "there is no node `pd`", id="capture"),
    pytest.param(
        "captures: [pc:eth1]", "captures: [pc]", 18, "`pc` names no interface", id="capture without port"
    ),
    pytest.param("giaddr: 10.0.0.1", "giaddr: 10.0.0", 16, "`10.0.0` is not an IPv4 address", id="giaddr"),
    pytest.param("prefix: 10.1.1.0/24", "prefix: 10.1.1.1/24", 12, "write `10.1.1.0/24`", id="prefix"),
    pytest.param("clients: {pc: eth1}", "clients: {}", 3, "pc hangs on no segment", id="no client"),
    pytest.param(
        "access: none",
        "access: {ssh: a, container: b}",
        9,
        "ssh and container are both given",
        id="two ways in",
    ),
    pytest.param("gateway: 10.1.1.1", "gatway: 10.1.1.1", 14, "gateway", id="key"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), WRONG)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    file = written(tmp_path, (old, new))
    with pytest.raises(SpecError) as caught:
        load(file)
    problem = caught.value.problems[0]
    assert (problem.line, words in str(problem)) == (line, True), str(problem)
    assert problem.remedy


def test_a_draft_that_nobody_completed_is_refused_where_it_is_empty(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli,
        [
            "verify",
            "--intent",
            str(written(tmp_path, ("ranges: 10.1.1.100-10.1.1.150", "ranges: []"))),
            "--observe",
        ],
    )
    assert isinstance(result.exception, SpecError)
    assert result.exception.exit_code == 2


def test_the_schema_takes_what_the_loader_takes() -> None:
    Draft202012Validator(document("intent")).validate(yaml.safe_load(INTENT))


@pytest.mark.parametrize(("old", "new"), [("role: switch", "role: router"), ("gateway: 10", "gatway: 10")])
def test_the_schema_refuses_what_the_loader_refuses(old: str, new: str) -> None:
    data = yaml.safe_load(INTENT.replace(old, new, 1))
    assert not Draft202012Validator(document("intent")).is_valid(data)


# --- access ---


def test_every_way_in_is_what_the_intent_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAF_PASSWORD", "secret")
    file = written(tmp_path, ("user: admin", "user: admin, password_env: LEAF_PASSWORD, port: 2222"))
    found = logins.access(load(file))
    assert found == {
        "pc": Container("pc"),
        "leaf1": Ssh("192.0.2.2", 2222, "admin", "secret"),
        "srv": Nobody(),
    }
    assert "secret" not in repr(found)


def test_a_password_that_is_not_there_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEAF_PASSWORD", raising=False)
    with pytest.raises(UsageError, match="export LEAF_PASSWORD"):
        logins.access(load(written(tmp_path, ("user: admin", "user: admin, password_env: LEAF_PASSWORD"))))


def test_a_node_nobody_says_how_to_reach_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="nothing says how pc is reached") as caught:
        logins.access(load(written(tmp_path, (", access: {container: pc}", ""))))
    assert caught.value.problems[0].line == 3


NORNIR = {
    "hosts.yaml": "leaf1: {hostname: 198.51.100.7, groups: [leaves], platform: arista_eos}\npc: {hostname: 198.51.100.8}\n",
    "groups.yaml": "leaves: {username: admin, password: pw, connection_options: {netmiko: {extras: {secret: en}}}}\n",
    "defaults.yaml": "port: 2022\n",
}
ANSIBLE = {
    "hosts.yml": "all: {children: {eos: {hosts: {leaf1: {ansible_host: 198.51.100.7}}}, linux: {hosts: {pc: {}}}}}\n",
    "group_vars/eos.yml": "ansible_user: vagrant\nansible_ssh_pass: vagrant\n",
    "host_vars/pc.yml": "ansible_connection: docker\nansible_host: clab-lab-pc\n",
}


def _inventory(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / "inv" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "inv" / name).write_text(text)
    return written(
        folder,
        ("name: dc1", "name: dc1\ninventory: inv"),
        (", access: {container: pc}", ""),
        ("    access: {ssh: 192.0.2.2, user: admin}\n", ""),
    )


def test_a_nornir_inventory_tells_what_its_groups_and_defaults_say(tmp_path: Path) -> None:
    found = logins.access(load(_inventory(tmp_path, NORNIR)))
    assert found["leaf1"] == Ssh("198.51.100.7", 2022, "admin", "pw", options={"secret": "en"})
    assert found["pc"] == Ssh("198.51.100.8", 2022)


def test_an_ansible_inventory_as_netlab_writes_it_tells_containers_and_hosts(tmp_path: Path) -> None:
    found = logins.access(load(_inventory(tmp_path, ANSIBLE)))
    assert found["leaf1"] == Ssh("198.51.100.7", user="vagrant", password="vagrant", host_key="any")
    assert found["pc"] == Container("clab-lab-pc")


CONTAINERLAB = {
    "nornir-simple-inventory.yml": (
        "---\nleaf1:\n    username: admin\n    password: admin\n    platform: arista_eos\n    hostname: 198.51.100.7\n"
        "pc:\n    username: \n    password: \n    platform: linux\n    hostname: 198.51.100.8\n"
    ),
    "ansible-inventory.yml": (
        "all:\n  vars: {ansible_httpapi_use_proxy: false, ansible_password: admin}\n  children:\n"
        "    arista_ceos: {vars: {ansible_user: admin}, hosts: {clab-dc1-leaf1: {ansible_host: 198.51.100.7}}}\n"
        "    linux: {hosts: {clab-dc1-pc: {ansible_host: 198.51.100.8}}}\n"
    ),
}


@pytest.mark.parametrize("name", CONTAINERLAB)
def test_containerlabs_own_inventories_name_containers_and_machines_with_passwords(
    tmp_path: Path, name: str
) -> None:
    file = _inventory(tmp_path, {f"../clab-dc1/{name}": CONTAINERLAB[name]})
    file.write_text(file.read_text().replace("inventory: inv", "inventory: clab-dc1"))
    found = logins.access(load(file))
    leaf1 = found["leaf1"]
    assert isinstance(leaf1, Ssh)
    assert (leaf1.host, leaf1.user, leaf1.password) == ("198.51.100.7", "admin", "admin")
    assert found["pc"] == Container("clab-dc1-pc")


def test_nodes_may_have_the_long_names_of_containerlabs_inventory(tmp_path: Path) -> None:
    name = "ansible-inventory.yml"
    file = _inventory(tmp_path, {f"../clab-dc1/{name}": CONTAINERLAB[name]})
    text = file.read_text().replace("inventory: inv", "inventory: clab-dc1")
    file.write_text(text.replace("leaf1", "clab-dc1-leaf1"))
    found = logins.access(load(file))["clab-dc1-leaf1"]
    assert found == Ssh("198.51.100.7", user="admin", password="admin", host_key="any")


def test_variables_of_the_groups_around_a_group_are_its_own(tmp_path: Path) -> None:
    nested = "all: {vars: {ansible_user: outer, ansible_port: 2022}, children: {dc: {vars: {ansible_user: inner}, children: "
    nested += "{eos: {hosts: {leaf1: {ansible_host: 198.51.100.7}}}, linux: {vars: {ansible_user: own}, hosts: {pc: {}}}}}}}\n"
    found = logins.access(load(_inventory(tmp_path, {"hosts.yml": nested})))
    assert found["leaf1"] == Ssh("198.51.100.7", 2022, "inner", host_key="any")
    assert found["pc"] == Ssh("pc", 2022, "own", host_key="any")


class Elsewhere:
    """Somebody's inventory plugin for Nornir."""

    def __init__(self, site: str) -> None:
        self.site = site

    def load(self) -> Inventory:
        defaults = Defaults(username="admin")
        names = {"leaf1": f"leaf1.{self.site}", "pc": f"pc.{self.site}"}
        hosts = {name: Host(name, hostname=address, defaults=defaults) for name, address in names.items()}
        return Inventory(Hosts(hosts), Groups(), defaults)


def test_any_inventory_plugin_of_nornirs_tells_how_nodes_are_reached(tmp_path: Path) -> None:
    InventoryPluginRegister.auto_register()
    InventoryPluginRegister.register("Elsewhere", Elsewhere)
    try:
        config = "inventory: {plugin: Elsewhere, options: {site: example.net}}\nlogging: {enabled: false}\n"
        found = logins.access(load(_inventory(tmp_path, {"config.yaml": config})))
    finally:
        InventoryPluginRegister.deregister("Elsewhere")
    assert found["leaf1"] == Ssh("leaf1.example.net", user="admin")


def test_a_network_that_does_not_answer_is_no_failed_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    closed = "access: {ssh: 127.0.0.1, port: 1, user: nobody, password_env: NOBODY, host_key: any}"
    monkeypatch.setenv("NOBODY", "x")
    file = written(
        tmp_path,
        ("access: {container: pc}", closed),
        ("access: {ssh: 192.0.2.2, user: admin}", closed),
        ("captures: [pc:eth1]", "captures: []"),
    )
    done = CliRunner().invoke(cli, ["verify", "--intent", str(file), "--observe"], standalone_mode=False)
    assert done.return_value == 3, done.output
    assert "could not be reached" in done.stdout


def test_an_unknown_host_key_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(
        tmp_path,
        (
            "access: {ssh: 192.0.2.2, user: admin}",
            "access: {ssh: 192.0.2.2, user: admin, known_hosts: none_yet}",
        ),
        ("captures: [pc:eth1]", "captures: []"),
    )
    done = CliRunner().invoke(cli, ["verify", "--intent", str(file), "--observe"])
    assert done.exception is not None and "ssh-keyscan 192.0.2.2" in str(done.exception)
