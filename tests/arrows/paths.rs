//! The paths of a source file, each from its crate's root: `crate::app::vm`, `puerta_audit::Event`. What a macro is
//! given has no syntax yet: its tokens are read for paths too.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::Path;
use syn::visit::Visit;
use syn::{UseTree, visit};

/// A source file.
pub(crate) struct File {
    /// From the workspace's root: `src/app/vm.rs`.
    pub(crate) name: String,
    /// Its module, from the crate's root: `app`, `vm`.
    pub(crate) module: Vec<String>,
    /// Every path in it, its unit tests left out.
    pub(crate) paths: BTreeSet<Vec<String>>,
    /// Every method that is called in it.
    pub(crate) calls: BTreeSet<String>,
    /// As it is.
    pub(crate) text: String,
}

/// Every source file below a folder.
pub(crate) fn files(dir: &Path) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let inside = name.trim_end_matches(".rs").trim_end_matches("/mod");
            let module: Vec<&str> = inside.trim_start_matches("src/").split('/').collect();
            found.push(File::parse(&name, &module, &std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

impl File {
    pub(crate) fn parse(name: &str, module: &[&str], text: &str) -> Self {
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let module: Vec<String> = module.iter().map(|word| (*word).to_owned()).collect();
        let mut reader = Reader { inside: module.clone(), paths: BTreeSet::new(), calls: BTreeSet::new() };
        reader.visit_file(&syntax);
        Self {
            name: name.to_owned(),
            module,
            paths: reader.paths,
            calls: reader.calls,
            text: text.to_owned(),
        }
    }
}

struct Reader {
    /// Where we are, modules inside the file included.
    inside: Vec<String>,
    paths: BTreeSet<Vec<String>>,
    calls: BTreeSet<String>,
}

impl Reader {
    fn path(&mut self, words: &[String]) {
        let up = words.iter().take_while(|word| *word == "super").count();
        let kept = self.inside.len().saturating_sub(up);
        let mut path = vec!["crate".to_owned()];
        match words.first().map(String::as_str) {
            Some("crate") => path.extend_from_slice(&words[1..]),
            Some("super") => {
                path.extend_from_slice(&self.inside[..kept]);
                path.extend_from_slice(&words[up..]);
            }
            Some("self") => {
                path.extend_from_slice(&self.inside);
                path.extend_from_slice(&words[1..]);
            }
            _ => path = words.to_vec(),
        }
        if path.len() > 1 {
            self.paths.insert(path);
        }
    }

    fn tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |word: String| [before, &[word]].concat();
        match tree {
            UseTree::Path(path) => self.tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) if name.ident == "self" => self.path(before),
            UseTree::Name(name) => self.path(&with(name.ident.to_string())),
            UseTree::Rename(name) if name.ident == "self" => self.path(before),
            UseTree::Rename(name) => self.path(&with(name.ident.to_string())),
            UseTree::Glob(_) => self.path(before),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(before, item)),
        }
    }

    /// Words with `::` between, in tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut words, mut colons) = (Vec::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(word) if words.is_empty() || colons == 2 => {
                    words.push(word.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' && !words.is_empty() && colons < 2 => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(word) => {
                    self.path(&std::mem::take(&mut words));
                    words.push(word.to_string());
                }
                TokenTree::Group(group) => {
                    self.path(&std::mem::take(&mut words));
                    self.tokens(group.stream());
                }
                _ => self.path(&std::mem::take(&mut words)),
            }
            colons = 0;
        }
        self.path(&words);
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.path(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        self.calls.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        let test = |attr: &syn::Attribute| {
            attr.path().is_ident("cfg")
                && attr.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
        };
        if item.attrs.iter().any(test) {
            return;
        }
        self.inside.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.inside.pop();
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_visibility(&mut self, _: &'a syn::Visibility) {
        // `pub(in crate::app)` names who may look in, and looks at nobody.
    }
}
