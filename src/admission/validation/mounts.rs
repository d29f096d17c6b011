//! Where a container sees the volumes of its pod: as folders and files, or as devices.
//!
//! See <https://kubernetes.io/docs/concepts/storage/volumes/>.

use super::environment::no_way_up;
use super::field::{Faults, Field};
use super::pods::Pod;
use super::seen::Seen;

/// The mounts and devices of a container. A volume, and a place in the container, is one or the other.
pub(super) fn mounts(container: &Field<'_, '_>, pod: &Pod<'_>, faults: &mut Faults) {
    let (mounts, devices) = (container.at("volumeMounts"), container.at("volumeDevices"));
    let privileged = container.at("securityContext").at("privileged").flag();
    if mounts.size() > 0 {
        let taken = (names(&devices, "name"), names(&devices, "devicePath"));
        let mut places = Seen::default();
        mounts.items().for_each(|mount| mount_of(&mounts, &mount, &taken, &mut places, privileged, pod, faults));
    }
    if devices.size() > 0 {
        let taken = (names(&mounts, "name"), names(&mounts, "mountPath"));
        devices_of(&devices, &taken, pod, faults);
    }
}

fn names<'v>(list: &Field<'_, 'v>, member: &'static str) -> Seen<'v> {
    list.items().filter_map(|item| item.value.get(member)?.as_str()).collect()
}

/// Some faults of a mount are told by the place of the whole list, as upstream does.
fn mount_of<'v>(
    list: &Field<'_, '_>,
    mount: &Field<'_, 'v>,
    devices: &(Seen<'_>, Seen<'_>),
    places: &mut Seen<'v>,
    privileged: bool,
    pod: &Pod<'_>,
    faults: &mut Faults,
) {
    let (name, place) = (mount.at("name"), mount.at("mountPath"));
    faults.present(&name);
    if !pod.volumes.contains_key(name.text()) {
        faults.not_found(&text_of(&name));
    }
    faults.present(&place);
    if !places.insert(place.text()) {
        faults.invalid_as(&place, place.text(), "must be unique");
    }
    if devices.0.contains(name.text()) {
        faults.invalid(&name, "must not already exist in volumeDevices");
    }
    if devices.1.contains(place.text()) {
        faults.invalid(&place, "must not already exist as a path in volumeDevices");
    }
    let (part, expression) = (mount.at("subPath"), mount.at("subPathExpr"));
    descends(&Field::root_like(&list.at("subPath"), part.value), faults);
    if !part.is_empty() && !expression.is_empty() {
        faults.invalid(&expression, "subPathExpr and subPath are mutually exclusive");
    }
    descends(&Field::root_like(&list.at("subPathExpr"), expression.value), faults);
    propagation(list, mount, privileged, faults);
}

fn propagation(list: &Field<'_, '_>, mount: &Field<'_, '_>, privileged: bool, faults: &mut Faults) {
    let spreads = mount.at("mountPropagation");
    if !spreads.is_absent() {
        let shown = list.at("mountPropagation");
        let shown = Field::root_like(&shown, spreads.value);
        match spreads.text() {
            "HostToContainer" | "None" => {}
            "Bidirectional" if privileged => {}
            "Bidirectional" => faults.forbidden(&shown, "Bidirectional mount propagation is available only to privileged containers"),
            _ => faults.not_supported(&shown, &["Bidirectional", "HostToContainer", "None"]),
        }
    }
    let recursive = mount.at("recursiveReadOnly");
    let shown = list.at("recursiveReadOnly");
    match recursive.text() {
        _ if recursive.is_absent() => {}
        "Disabled" => {}
        "Enabled" | "IfPossible" => {
            if !mount.at("readOnly").flag() {
                faults.forbidden(&shown, "may only be specified when readOnly is true");
            }
            if !matches!(spreads.text(), "" | "None") {
                faults.forbidden(&shown, "may only be specified when mountPropagation is None or not specified");
            }
        }
        _ => faults.not_supported(&Field::root_like(&shown, recursive.value), &["Disabled", "Enabled", "IfPossible"]),
    }
}

fn devices_of(devices: &Field<'_, '_>, mounts: &(Seen<'_>, Seen<'_>), pod: &Pod<'_>, faults: &mut Faults) {
    let (mut names, mut paths) = (Seen::default(), Seen::default());
    for device in devices.items() {
        let (name, path) = (device.at("name"), device.at("devicePath"));
        faults.present(&name);
        if !name.is_empty() && !names.insert(name.text()) {
            faults.invalid(&name, "must be unique");
        }
        match pod.volumes.get(name.text()) {
            None => faults.not_found(&text_of(&name)),
            Some(source) if source.get("persistentVolumeClaim").or_else(|| source.get("ephemeral")).is_none() => {
                faults.invalid(&name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            }
            Some(_) => {}
        }
        faults.present(&path);
        if !paths.insert(path.text()) {
            faults.invalid_as(&path, path.text(), "must be unique");
        }
        if no_way_up(path.text()).is_err() {
            faults.invalid(&path, "can not contain backsteps ('..')");
        }
        if mounts.0.contains(name.text()) {
            faults.invalid(&name, "must not already exist in volumeMounts");
        }
        if mounts.1.contains(path.text()) {
            faults.invalid(&path, "must not already exist as a path in volumeMounts");
        }
    }
}

/// The field with the empty text where nothing stands.
fn text_of<'p, 'v>(field: &Field<'p, 'v>) -> Field<'p, 'v> {
    static EMPTY: serde_json::Value = serde_json::Value::String(String::new());
    if field.is_absent() { Field::root_like(field, &EMPTY) } else { *field }
}

/// A path that stays below where it starts.
pub(super) fn descends(path: &Field<'_, '_>, faults: &mut Faults) {
    if path.text().starts_with('/') {
        faults.invalid(path, "must be a relative path");
    }
    faults.named(path, no_way_up);
}

/// A path that stays below where it starts and does not begin with the dots that the node keeps for itself.
pub(super) fn descends_unreserved(path: &Field<'_, '_>, faults: &mut Faults) {
    descends(path, faults);
    if path.text().starts_with("..") && path.text() != ".." && !path.text().starts_with("../") {
        faults.invalid(path, "must not start with '..'");
    }
}
