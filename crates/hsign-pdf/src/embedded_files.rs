//! Files attached to a document: the name tree /EmbeddedFiles (ISO 32000-2, 7.7.4 and 7.11.4).

use crate::document::Snapshot;
use crate::object::{Dictionary, Object};
use crate::text;

/// Nodes and files of one name tree that are looked at.
const MOST_NODES: usize = 1_000;
/// Levels of one name tree.
const DEEPEST: usize = 16;

impl Snapshot<'_, '_> {
    /// The attached files whose name `wanted` takes, each with its contents, as far as they can be read and are no
    /// longer than `limit` bytes. What is damaged is passed over: an attachment is no part of what is signed about a
    /// page, and whoever looks for one has to check what it says.
    #[must_use]
    pub fn embedded_files(&self, limit: u64, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        let root = || {
            let catalog = self.catalog().ok()?;
            let names = self.value(&catalog, "Names").ok()?;
            self.value(names.as_dictionary()?, "EmbeddedFiles").ok()?.as_dictionary().cloned()
        };
        let mut files = Vec::new();
        let Some(root) = root() else { return files };
        let mut left = MOST_NODES;
        let mut nodes = vec![(root, 0)];
        while let Some((node, depth)) = nodes.pop() {
            let mut spend = || {
                left = left.saturating_sub(1);
                left > 0
            };
            for kid in self.list(&node, "Kids") {
                if depth < DEEPEST
                    && spend()
                    && let Some(kid) = kid.as_dictionary()
                {
                    nodes.push((kid.clone(), depth + 1));
                }
            }
            // Pairs of key and file specification.
            for pair in self.list(&node, "Names").chunks(2) {
                if let ([_, specification], true) = (pair, spend()) {
                    files.extend(
                        specification.as_dictionary().and_then(|one| self.embedded(one, limit, wanted)),
                    );
                }
            }
        }
        files
    }

    fn list(&self, dictionary: &Dictionary, key: &str) -> Vec<Object> {
        let list = self.value(dictionary, key).unwrap_or(Object::Null);
        let items = list.as_array().unwrap_or_default().iter().take(2 * MOST_NODES);
        items.filter_map(|item| self.resolve(item).ok()).collect()
    }

    fn embedded(
        &self,
        specification: &Dictionary,
        limit: u64,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Option<(String, Vec<u8>)> {
        let named = ["UF", "F"].into_iter().find_map(|key| {
            let name = self.value(specification, key).ok()?;
            name.as_string().map(|name| text::decode(&name.bytes))
        });
        let name = named.filter(|name| wanted(name))?;
        let embedded = self.value(specification, "EF").ok()?;
        let embedded = embedded.as_dictionary()?;
        ["UF", "F"]
            .into_iter()
            .find_map(|key| match self.value(embedded, key).ok()? {
                Object::Stream(stream) => self.stream_data(&stream, limit).ok(),
                _ => None,
            })
            .map(|contents| (name, contents))
    }
}
