//! Hops as proxies write them into `Forwarded` and `X-Forwarded-For`, read from the right: what stands there was written by
//! the proxy nearest to us, and no stranger's text further left can change how it is read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The elements of a list, the last one first. A separator inside of a quoted string is none.
pub(super) fn from_the_right(list: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let list = rest?;
        let mut quoted = false;
        let at = (0..list.len()).rev().find(|&at| {
            quoted ^= list[at] == b'"' && !is_escaped(&list[..at]);
            list[at] == separator && !quoted
        });
        rest = at.map(|at| &list[..at]);
        Some(at.map_or(list, |at| &list[at + 1..]))
    })
}

/// Whether what follows `before` in a quoted string is escaped: an odd number of backslashes stands before it.
fn is_escaped(before: &[u8]) -> bool {
    let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
    backslashes % 2 == 1
}

/// The address that an element of `Forwarded` names by its one parameter `for` (RFC 7239 §4); `None` for `unknown`, an
/// obfuscated name, and whatever else is no address.
pub(super) fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut names = from_the_right(element, b';').filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let is_for = pair[..at].trim_ascii().eq_ignore_ascii_case(b"for");
        is_for.then(|| pair[at + 1..].trim_ascii())
    });
    let name = names.next().filter(|_| names.next().is_none())?;
    let unquoted = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\""));
    node(unquoted.unwrap_or(name))
}

/// The address in a node with or without a port (RFC 7239 §6). As in `X-Forwarded-For`, an IPv6 address may stand without
/// brackets. An IPv4 address that is mapped into IPv6 is an IPv4 address.
pub(super) fn node(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    let with_port = || {
        let (host, port) = text.rsplit_once(':')?;
        is_port(port).then(|| host_of(host)).flatten()
    };
    let ip = text.parse().ok().or_else(|| host_of(text)).or_else(with_port)?;
    Some(IpAddr::to_canonical(&ip))
}

fn host_of(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[') {
        Some(text) => Some(text.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?.into()),
        None => Some(text.parse::<Ipv4Addr>().ok()?.into()),
    }
}

fn is_port(text: &str) -> bool {
    match text.strip_prefix('_') {
        Some(obfuscated) => !obfuscated.is_empty(),
        None => text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(ip: Option<IpAddr>) -> String {
        ip.map_or("-".to_owned(), |ip| ip.to_string())
    }

    #[test]
    fn a_node_is_an_address_with_or_without_a_port() {
        let table = [
            ("192.0.2.43", "192.0.2.43"),
            (" 192.0.2.43\t", "192.0.2.43"),
            ("192.0.2.43:47011", "192.0.2.43"),
            ("192.0.2.43:_x", "192.0.2.43"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:192.0.2.43", "192.0.2.43"),
            ("[::ffff:192.0.2.43]:1", "192.0.2.43"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(node(text.as_bytes())), expected, "{text:?}");
        }
        let junk = [
            "",
            " ",
            "-",
            "unknown",
            "_hidden",
            "localhost",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.043",
            "0xc0.0.2.43",
            "3221226027",
            "192.0.2.43:",
            "192.0.2.43:99999",
            "192.0.2.43:+1",
            "192.0.2.43:-1",
            "192.0.2.43:1:2",
            "192.0.2.43:_",
            "192.0.2.43/24",
            "192.0.2.43 10.0.0.1",
            "[192.0.2.43]",
            "[192.0.2.43]:1",
            "[2001:db8::1",
            "2001:db8::1]",
            "[2001:db8::1]443",
            "[2001:db8::1]:",
            "[[2001:db8::1]]",
            "[]",
            "[]:1",
            "fe80::1%eth0",
            "\"192.0.2.43\"",
            "192.0.2.43\0",
            "١٩٢.0.2.43",
        ];
        for text in junk {
            assert_eq!(node(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(node(b"192.0.2.43\xff"), None);
    }

    #[test]
    fn an_element_names_one_address() {
        let table = [
            ("for=192.0.2.43", "192.0.2.43"),
            ("For=\"192.0.2.43\"", "192.0.2.43"),
            ("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("proto=http; for=192.0.2.43 ;by=203.0.113.43", "192.0.2.43"),
            ("host=\"a;for=6.6.6.6\";for=192.0.2.43", "192.0.2.43"),
            ("for=192.0.2.43;host=\"a\\\";for=6.6.6.6;x=\\\"b\"", "192.0.2.43"),
            ("for=192.0.2.43;for=6.6.6.6", "-"),
            ("for=unknown", "-"),
            ("for=\"_gazonk\"", "-"),
            ("for=", "-"),
            ("for", "-"),
            ("by=192.0.2.43", "-"),
            ("192.0.2.43", "-"),
            ("for=\"192.0.2.43", "-"),
            ("for=192.0.2.43\"", "-"),
            ("for=\"\"192.0.2.43\"\"", "-"),
            ("for=\"\\192.0.2.43\"", "-"),
            ("", "-"),
        ];
        for (element, expected) in table {
            assert_eq!(shown(forwarded_for(element.as_bytes())), expected, "{element:?}");
        }
    }

    #[test]
    fn elements_come_from_the_right() {
        let table: [(&str, &[&str]); 8] = [
            ("", &[""]),
            ("a", &["a"]),
            ("a, b,c", &["c", " b", "a"]),
            (",a,", &["", "a", ""]),
            ("a, \"b, c\", d", &[" d", " \"b, c\"", "a"]),
            (r#"a, x="b\", c", d"#, &[" d", r#" x="b\", c""#, "a"]),
            (r#"a, x="b\\", d"#, &[" d", r#" x="b\\""#, "a"]),
            ("a, \"b, c", &[" c", "a, \"b"]),
        ];
        for (list, expected) in table {
            let elements: Vec<_> = from_the_right(list.as_bytes(), b',').collect();
            let expected: Vec<_> = expected.iter().map(|element| element.as_bytes()).collect();
            assert_eq!(elements, expected, "{list}");
        }
    }
}
