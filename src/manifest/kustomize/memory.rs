//! Kustomizations of files in memory, for the fuzz target: paths lead to these files and nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::build;
use super::decode::{decode, decode_config, decode_replacements};
use super::kustomization::{ReplacementEntry, Spot};
use super::load::{Layer, Part};
use super::trace;
use crate::manifest::{Desired, ManifestErrors, Source};

/// How deep folders may name one another; there is no file system that would tell a cycle.
const DEPTH_MOST: usize = 4;

/// Builds the top folder of some files. `None` where what it names is not among them.
pub(crate) fn kustomize_in_memory(files: &BTreeMap<String, Vec<u8>>) -> Option<Result<Vec<Desired>, ManifestErrors>> {
    let layer = layer(files, "", 0)?;
    Some(build(&layer).map(|items| items.into_iter().map(trace::desired).collect()).map_err(ManifestErrors))
}

fn source(files: &BTreeMap<String, Vec<u8>>, path: &str) -> Option<Arc<Source>> {
    Source::from_bytes(path, files.get(path)?.clone()).ok().map(Arc::new)
}

fn layer(files: &BTreeMap<String, Vec<u8>>, folder: &str, depth: usize) -> Option<Layer> {
    let file = source(files, &format!("{folder}kustomization.yaml")).filter(|_| depth < DEPTH_MOST)?;
    let mut kustomization = decode(&file).ok()?;
    let below = |path: &Spot<String>| format!("{folder}{}", path.value);
    let resources = std::mem::take(&mut kustomization.resources).into_iter().map(|path| {
        let manifests = source(files, &below(&path)).map(Part::Manifests);
        manifests.or_else(|| layer(files, &format!("{}/", below(&path)), depth + 1).map(|layer| Part::Layer(Box::new(layer))))
    });
    let resources = resources.collect::<Option<Vec<Part>>>()?;
    let components = kustomization.components.iter().map(|path| layer(files, &format!("{}/", below(path)), depth + 1));
    let components = components.collect::<Option<Vec<Layer>>>()?;
    let mut configurations = Vec::new();
    for path in &kustomization.configurations {
        configurations.push((path.clone(), decode_config(&source(files, &below(path))?).ok()?));
    }
    let mut replacements = Vec::new();
    for entry in std::mem::take(&mut kustomization.replacements) {
        match entry.value {
            ReplacementEntry::Inline(value) => replacements.push((Arc::clone(&file), Spot { mark: entry.mark, value: *value })),
            ReplacementEntry::Path(path) => {
                let source = source(files, &below(&path))?;
                replacements.extend(decode_replacements(&source).ok()?.into_iter().map(|read| (Arc::clone(&source), read)));
            }
        }
    }
    let mut layer = Layer::new(file);
    (layer.kustomization, layer.resources, layer.components) = (kustomization, resources, components);
    (layer.configurations, layer.replacements) = (configurations, replacements);
    let here = files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(folder)?, bytes)));
    here.for_each(|(path, bytes)| layer.add_file(path.to_owned(), path.to_owned(), bytes.clone()));
    Some(layer)
}
