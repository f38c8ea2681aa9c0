#!/bin/sh
# Fetches the public models that tests/devices/devices_models.py walks, into a folder: scripts/models.sh FOLDER.
# Nothing of them is part of this project; each has a licence of its own.
set -eu
top=${1:?"usage: $0 FOLDER"}
mkdir -p "$top"
cd "$top"

# repository, branch, folder here, paths in it
fetch() {
    repository=$1 branch=$2 folder=$3
    shift 3
    [ -d "$folder" ] && return
    git clone --quiet --depth 1 --branch "$branch" --filter=blob:none --sparse "https://github.com/$repository" "$folder"
    git -C "$folder" sparse-checkout set --no-cone "$@"
}

fetch Juniper/yang master junos \
    '/24.4/24.4R1/native/conf-and-rpcs/junos/conf/models/*forwarding-options*' '/24.4/24.4R1/native/conf-and-rpcs/junos/conf/models/*interfaces*' \
    '/24.4/24.4R1/native/conf-and-rpcs/junos/conf/models/*conf-root*' '/24.4/24.4R1/native/conf-and-rpcs/junos/conf/models/*routing-instances*' \
    '/24.4/24.4R1/native/conf-and-rpcs/junos/conf/models/*conf-access@*' '/24.4/24.4R1/native/conf-and-rpcs/junos/conf/models/*conf-vlans*' \
    '/24.4/24.4R1/native/conf-and-rpcs/junos/conf/models/*conf-bridge-domains*' '/23.4/23.4R1/native/conf-and-rpcs/junos/conf/models/*conf-system@*' \
    '/24.4/24.4R1/native/conf-and-rpcs/common/models/*'
fetch Juniper/yang master junos-evo '/24.4/24.4R1-EVO/native/conf-and-rpcs/conf/models/*' '/24.4/24.4R1-EVO/native/conf-and-rpcs/common/models/*'
fetch nokia/srlinux-yang-models v25.3.1 srl '/srlinux-yang-models/srl_nokia/*'
fetch nokia/7x50_YangModels master sros '/latest_sros_25.10/nokia-submodule/nokia-conf.yang' '/latest_sros_25.10/nokia-submodule/nokia-conf-router*' \
    '/latest_sros_25.10/nokia-submodule/nokia-conf-svc-ies.yang' '/latest_sros_25.10/nokia-submodule/nokia-conf-svc-vprn.yang'
fetch vyos/vyos-1x current vyos '/interface-definitions/*'
fetch YangModels/yang main xe '/vendor/cisco/xe/17161/Cisco-IOS-XE-*'
fetch YangModels/yang main xr '/vendor/cisco/xr/2521/Cisco-IOS-XR-um-dhcp*' '/vendor/cisco/xr/2521/Cisco-IOS-XR-um-if*' '/vendor/cisco/xr/2521/Cisco-IOS-XR-um-interface*' \
    '/vendor/cisco/xr/2521/Cisco-IOS-XR-um-l2*' '/vendor/cisco/xr/2521/Cisco-IOS-XR-um-router*' '/vendor/cisco/xr/2521/Cisco-IOS-XR-um-vrf*'
