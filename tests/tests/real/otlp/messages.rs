//! The exporter's messages, as its source declares them, and the published ones.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use syn::{Attribute, Item, LitStr, Type};

use super::{file, python};

/// A message of the exporter that stands for published ones of other names.
const STANDS_FOR: [(&str, &[&str]); 3] = [
    (
        "ExportResponse",
        &[
            "opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse",
            "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse",
            "opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse",
        ],
    ),
    (
        "PartialSuccess",
        &[
            "opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess",
            "opentelemetry.proto.collector.metrics.v1.ExportMetricsPartialSuccess",
            "opentelemetry.proto.collector.logs.v1.ExportLogsPartialSuccess",
        ],
    ),
    ("RpcStatus", &["google.rpc.Status"]),
];

/// A field as the source declares it.
#[derive(Debug, Default)]
struct Field {
    name: String,
    tag: u64,
    kind: String,
    /// The name of its message.
    message: String,
    is_repeated: bool,
    is_optional: bool,
    /// The `oneof` that a struct's field has in place of a type, with its numbers.
    oneof: Option<(String, Vec<u64>)>,
}

/// The messages and oneofs of a source file.
type Messages = BTreeMap<String, Vec<Field>>;

#[test]
fn every_message_is_as_published() {
    let printed = python().arg(file("descriptors.py")).output();
    let printed = printed.expect("python, which tests/run installs");
    assert!(printed.status.success(), "{printed:?}");
    let published: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../monitor-runtime/src/otlp/messages");
    let mut compared = 0;
    for source in folder.read_dir().expect("the messages' sources") {
        let source = std::fs::read_to_string(source.expect("a file").path()).expect("a text");
        let (found, problems) = compare(&source, &published);
        assert!(problems.is_empty(), "{problems:#?}");
        compared += found;
        if !source.contains("prost(fixed64") {
            continue;
        }
        // The comparison sees what it is there for.
        for (right, wrong) in [
            ("tag = \"2\"", "tag = \"12\""),
            ("prost(fixed64", "prost(uint64"),
            ("message, repeated", "message, optional"),
            ("Vec<KeyValue>", "Vec<Resource>"),
            ("time_unix_nano", "time"),
        ] {
            let planted = source.replacen(right, wrong, 1);
            assert_ne!(planted, source, "{right}");
            let (_, problems) = compare(&planted, &published);
            assert!(!problems.is_empty(), "{wrong} in the place of {right}");
        }
    }
    assert!(compared >= 30, "{compared} messages");
}

/// Compares the messages of a source. Returns their number, and the differences.
fn compare(source: &str, published: &Value) -> (usize, Vec<String>) {
    let (messages, oneofs) = declared(source);
    let mut problems = Vec::new();
    for (name, fields) in &messages {
        let all = published.as_object().expect("messages by name");
        let aliases = STANDS_FOR.iter().find(|(own, _)| own == name);
        let end = format!(".{name}");
        let is_called = |full: &&str| full.starts_with("opentelemetry.") && full.ends_with(&end);
        let full = aliases.map_or_else(
            || all.keys().map(String::as_str).filter(is_called).collect(),
            |(_, full)| full.to_vec(),
        );
        if full.is_empty() || (aliases.is_none() && full.len() > 1) {
            problems.push(format!("{name} is published as {full:?}"));
        }
        for full in full {
            let theirs = all[full].as_array().expect("fields");
            for field in fields {
                let own = match &field.oneof {
                    None => std::slice::from_ref(field),
                    Some((oneof, tags)) => {
                        let variants = &oneofs[oneof];
                        if !variants.iter().map(|one| one.tag).eq(tags.iter().copied()) {
                            problems.push(format!("{name}.{}: {tags:?}", field.name));
                        }
                        variants
                    }
                };
                let different = own.iter().filter_map(|own| difference(own, field, theirs));
                problems.extend(different.map(|problem| format!("{full}: {problem}")));
            }
        }
    }
    (messages.len(), problems)
}

/// Returns what is different between a field, which may be a variant of a `oneof`, and the published ones.
fn difference(own: &Field, of: &Field, theirs: &[Value]) -> Option<String> {
    let Some(their) = theirs.iter().find(|their| their["tag"] == own.tag) else {
        return Some(format!("{own:?} is not there"));
    };
    let name = their["name"].as_str().expect("a name");
    let is_variant = of.oneof.is_some();
    // A variant is named after the type, and one message of the exporter reads three kinds of answers.
    let is_named = if is_variant {
        name.contains(&own.name.to_ascii_lowercase()) && their["oneof"] != ""
    } else {
        name == own.name || (own.name == "rejected" && name.starts_with("rejected_"))
    };
    // A message that the source always has, or a number that it always sends, is present, too.
    let is_present = is_variant || own.is_optional;
    let is_same = is_named
        && their["kind"] == own.kind
        && their["repeated"] == own.is_repeated
        && their["present"] == is_present
        && (own.kind != "message"
            || is_called(&own.message, their["message"].as_str().unwrap_or_default()));
    (!is_same).then(|| format!("{own:?} is {their}"))
}

/// Returns `true` if a message of the exporter has a published name.
fn is_called(own: &str, published: &str) -> bool {
    let aliases = STANDS_FOR.iter().find(|(name, _)| *name == own);
    match aliases {
        Some((_, full)) => full.iter().any(|full| full.ends_with(published)),
        None => own == published,
    }
}

/// Returns the messages and the oneofs that a source declares.
fn declared(source: &str) -> (Messages, Messages) {
    let source = syn::parse_file(source).expect("Rust");
    let (mut messages, mut oneofs) = (Messages::new(), Messages::new());
    for item in source.items {
        match item {
            Item::Struct(item) => {
                let fields = item.fields.iter().map(|of| {
                    let name = of.ident.as_ref().expect("a name").to_string();
                    field(name, &of.attrs, &of.ty)
                });
                messages.insert(item.ident.to_string(), fields.collect());
            }
            Item::Enum(item) => {
                let variants = item.variants.iter().map(|of| {
                    let only = of.fields.iter().next().expect("a value");
                    field(of.ident.to_string(), &of.attrs, &only.ty)
                });
                oneofs.insert(item.ident.to_string(), variants.collect());
            }
            _ => {}
        }
    }
    (messages, oneofs)
}

fn field(name: String, attributes: &[Attribute], of: &Type) -> Field {
    let mut field = Field {
        name,
        ..Field::default()
    };
    let own = attributes.iter().find(|one| one.path().is_ident("prost"));
    let own = own.unwrap_or_else(|| panic!("{} has a type", field.name));
    let read = own.parse_nested_meta(|meta| {
        let word = meta.path.require_ident()?.to_string();
        let text = match meta.value() {
            Ok(value) => value.parse::<LitStr>()?.value(),
            Err(_) => String::new(),
        };
        match word.as_str() {
            "tag" => field.tag = text.parse().expect("a number"),
            "repeated" => field.is_repeated = true,
            "optional" => field.is_optional = true,
            "oneof" => field.oneof = Some((text, Vec::new())),
            "tags" => {
                let tags = text.split(", ").map(|tag| tag.parse().expect("a number"));
                field.oneof.as_mut().expect("a name").1 = tags.collect();
            }
            _ => field.kind = word,
        }
        Ok(())
    });
    read.expect("an attribute of prost");
    field.message = innermost(of);
    field
}

/// Returns the last name of a type: `KeyValue` for `Vec<KeyValue>`.
fn innermost(of: &Type) -> String {
    let Type::Path(path) = of else {
        return String::new();
    };
    let last = path.path.segments.last().expect("a name");
    match &last.arguments {
        syn::PathArguments::AngleBracketed(inside) => match inside.args.first() {
            Some(syn::GenericArgument::Type(inside)) => innermost(inside),
            _ => String::new(),
        },
        _ => last.ident.to_string(),
    }
}
