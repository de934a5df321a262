//! join-URI-References of Canonical XML 1.1 §2.4: RFC 3986 §5.2 for bases that may be relative themselves.

struct Parts<'u> {
    scheme: Option<&'u str>,
    authority: Option<&'u str>,
    path: &'u str,
    query: Option<&'u str>,
}

/// RFC 3986 appendix B, without the fragment, which never survives.
fn parts(uri: &str) -> Parts<'_> {
    let uri = uri.split_once('#').map_or(uri, |(before, _)| before);
    let (uri, query) = uri.split_once('?').map_or((uri, None), |(before, query)| (before, Some(query)));
    let is_scheme = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains('/');
    let (scheme, rest) = match uri.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, uri),
    };
    let Some(hierarchical) = rest.strip_prefix("//") else {
        return Parts { scheme, authority: None, path: rest, query };
    };
    let end = hierarchical.find('/').unwrap_or(hierarchical.len());
    let (authority, path) = hierarchical.split_at(end);
    Parts { scheme, authority: Some(authority), path, query }
}

/// `reference` against `base`.
pub(super) fn join(base: &str, reference: &str) -> String {
    let (base, reference) = (parts(base), parts(reference));
    if reference.scheme.is_some() {
        return compose(
            reference.scheme,
            reference.authority,
            &without_dots(reference.path),
            reference.query,
        );
    }
    if reference.authority.is_some() {
        return compose(base.scheme, reference.authority, &without_dots(reference.path), reference.query);
    }
    let path = match reference.path {
        "" => without_dots(base.path),
        path if path.starts_with('/') => without_dots(path),
        path if base.authority.is_some() && base.path.is_empty() => without_dots(&format!("/{path}")),
        path => without_dots(&format!("{}{path}", folder(base.path))),
    };
    let query = if reference.path.is_empty() { reference.query.or(base.query) } else { reference.query };
    compose(base.scheme, base.authority, &path, query)
}

/// The path up to its last slash; a trailing `..` is a folder too.
fn folder(path: &str) -> String {
    if path == ".." || path.ends_with("/..") {
        return format!("{path}/");
    }
    path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or_default().to_owned()
}

fn compose(scheme: Option<&str>, authority: Option<&str>, path: &str, query: Option<&str>) -> String {
    let scheme = scheme.map_or(String::new(), |scheme| format!("{scheme}:"));
    let authority = authority.map_or(String::new(), |authority| format!("//{authority}"));
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    format!("{scheme}{authority}{path}{query}")
}

/// remove_dot_segments as C14N 1.1 changes it: leading `..` of a relative path stay, doubled slashes become one, and
/// a path that ends in `.` or `..` ends in a slash.
fn without_dots(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_in_folder = path.ends_with('/');
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    for (position, segment) in segments.iter().enumerate() {
        let last = position + 1 == segments.len();
        match *segment {
            "." => ends_in_folder |= last,
            ".." => {
                ends_in_folder |= last;
                if kept.last().is_some_and(|kept| *kept != "..") {
                    kept.pop();
                } else if !absolute {
                    kept.push("..");
                }
            }
            segment => kept.push(segment),
        }
    }
    let slash = if ends_in_folder && !kept.is_empty() { "/" } else { "" };
    format!("{}{}{slash}", if absolute { "/" } else { "" }, kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn c14n_1_1_2_4_join_uri_references() {
        for (base, reference, joined) in [
            ("http://a/b/c/d;p?q", "g", "http://a/b/c/g"),
            ("http://a/b/c/d;p?q", "./g/", "http://a/b/c/g/"),
            ("http://a/b/c/d;p?q", "../../../g", "http://a/g"),
            ("http://a/b/c/d;p?q", "//g", "http://g"),
            ("http://a/b/c/d;p?q", "?y#f", "http://a/b/c/d;p?y"),
            ("http://a/b/c/d;p?q", "mailto:x", "mailto:x"),
            ("http://a", "g", "http://a/g"),
            ("a/", "../..", "../"),
            ("..", "..", "../../"),
            ("foo/bar", "", "foo/bar"),
            ("a//b/", "c", "a/b/c"),
        ] {
            assert_eq!(join(base, reference), joined, "{base} + {reference}");
        }
    }
}
