//! All that a Redis server holds and has been told.

use std::fs;
use std::path::PathBuf;

use keycard_fixtures::RedisAddress;

/// Every key that matches, `*` for all, and the dump of every value, whatever its type.
#[must_use]
pub fn contents(server: &RedisAddress, keys: &str) -> Vec<(String, Vec<u8>)> {
    // A compressed dump would hide what is in it.
    server
        .command::<()>(&["CONFIG", "SET", "rdbcompression", "no"])
        .unwrap();
    let keys: Vec<Vec<u8>> = server.command(&["KEYS", keys]).unwrap();
    let mut contents = Vec::new();
    for key in keys {
        let place = key.escape_ascii().to_string();
        let dump = server.command(&[b"DUMP".to_vec(), key.clone()]).unwrap();
        contents.push((format!("the value of {place}"), dump));
        contents.push((format!("the key {place}"), key));
    }
    contents
}

/// The log that the server's process writes.
#[must_use]
pub fn log(server: &RedisAddress) -> Vec<u8> {
    let setting = |name: &str| {
        let [_, value]: [String; 2] = server.command(&["CONFIG", "GET", name]).unwrap();
        value
    };
    fs::read(PathBuf::from(setting("dir")).join(setting("logfile"))).unwrap()
}

/// A line of `MONITOR` with the bytes that its escapes stand for.
#[must_use]
pub fn unescaped(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, escaped)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let hex = escaped.strip_prefix('x').and_then(|hex| hex.get(..2));
        let (byte, length) = match (hex, escaped.as_bytes().first()) {
            (Some(hex), _) => (u8::from_str_radix(hex, 16).unwrap(), 3),
            (None, Some(b'n')) => (b'\n', 1),
            (None, Some(b'r')) => (b'\r', 1),
            (None, Some(b't')) => (b'\t', 1),
            (None, Some(b'a')) => (7, 1),
            (None, Some(b'b')) => (8, 1),
            (None, Some(other)) => (*other, 1),
            (None, None) => break,
        };
        bytes.push(byte);
        rest = &escaped[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
