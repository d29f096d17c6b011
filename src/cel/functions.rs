//! The functions that expressions can call: their signatures, what a call takes, and what runs.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::compile::Static;
use super::types::Type;
use super::value::Val;
use super::{Budget, Fault, cost, library};

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Style {
    /// `f(x)`, operators among them.
    Global,
    /// `x.f(y)`.
    Member,
}

/// What a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Price {
    /// One step.
    One,
    /// Every text and list among the arguments is gone through once.
    Once,
    /// As [`Self::Once`], with the sizes of the first two multiplied.
    Product,
    /// As far as the smaller of the two goes; what runs counts for itself.
    Least,
}

/// What runs: given the arguments, the receiver first, and the pattern where it is a constant.
pub(super) type Run = for<'a> fn(&Call<'_, 'a>, &mut Budget) -> Result<Val<'a>, Fault>;

/// The arguments of a call.
pub(super) struct Call<'c, 'a> {
    /// The function's name, for refusals.
    pub(super) name: &'static str,
    /// The arguments, the receiver first.
    pub(super) arguments: &'c [Val<'a>],
    /// The pattern, where it is a constant.
    pub(super) pattern: Option<&'c Regex>,
}

/// One function.
pub(super) struct Function {
    /// Its name, with its prefix.
    pub(super) name: &'static str,
    /// How it is called.
    pub(super) style: Style,
    price: Price,
    signatures: Vec<(Vec<Type>, Type)>,
    run: Run,
}

/// A line of the tables: name, style, price, signatures such as `string, int -> bool`, what runs.
pub(super) type Line = (&'static str, Style, Price, &'static [&'static str], Run);

static TABLE: LazyLock<HashMap<(&'static str, Style), Function>> = LazyLock::new(|| {
    let lines = library::TABLES.iter().flat_map(|table| table.iter());
    lines.map(|(name, style, price, signatures, run)| ((*name, *style), Function::new(name, *style, *price, signatures, *run))).collect()
});

/// The function of this name.
pub(super) fn find(name: &str, style: Style) -> Option<&'static Function> {
    // The key of the table is static, the name asked for is not.
    let (known, _) = TABLE.keys().find(|(known, known_style)| *known == name && *known_style == style)?;
    TABLE.get(&(*known, style))
}

/// Compiles a pattern as Go understands it.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    crate::schema::go_pattern(text).map_err(|error| error.to_string())
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Function {
    fn new(name: &'static str, style: Style, price: Price, signatures: &[&str], run: Run) -> Self {
        let read = |signature: &&str| {
            let (arguments, result) = signature.split_once("-> ").unwrap_or(("", signature));
            (split(arguments.trim()).into_iter().map(Type::parse).collect(), Type::parse(result))
        };
        Self { name, style, price, signatures: signatures.iter().map(read).collect(), run }
    }

    /// Whether the argument after the text is a regular expression.
    pub(super) fn takes_pattern(&self) -> bool {
        matches!(self.name, "matches" | "find" | "findAll")
    }

    /// The type of the result for arguments of these types; `None` where no signature fits.
    pub(super) fn result(&self, arguments: &[&Static]) -> Option<Type> {
        let mut found: Option<Type> = None;
        for (wanted, result) in &self.signatures {
            let mut bound = Vec::new();
            let fits =
                wanted.len() == arguments.len() && wanted.iter().zip(arguments).all(|(wanted, of)| wanted.accepts(&of.kind, &mut bound));
            if fits {
                let result = result.resolve(&bound);
                found = Some(found.map_or(result.clone(), |found| found.or(&result)));
            }
        }
        found
    }

    /// The most that a call takes, by what is known of its arguments.
    pub(super) fn estimate(&self, arguments: &[&Static]) -> u64 {
        let price = |of: &&Static| match of.kind {
            Type::Text | Type::Bytes | Type::Dyn => cost::text(of.most),
            Type::List(_) | Type::Map(..) => of.most,
            _ => 1,
        };
        let sum = || arguments.iter().map(price).fold(1, u64::saturating_add);
        match (self.price, arguments) {
            (Price::One, _) => 1,
            (Price::Least, [first, second]) => price(first).min(price(second)).saturating_add(1),
            (Price::Product, [first, second, ..]) => price(first).saturating_mul(price(second)).saturating_add(sum()),
            _ => sum(),
        }
    }

    /// The greatest size of the result.
    pub(super) fn most(&self, arguments: &[&Static], result: &Type) -> u64 {
        match result {
            // What is made of texts and lists is seldom larger than all of them.
            Type::Text | Type::Bytes | Type::List(_) | Type::Map(..) => {
                arguments.iter().map(|of| of.most).fold(0, u64::saturating_add).max(cost::text(cost::most_of(&Type::Time)))
            }
            other => cost::most_of(other),
        }
    }

    /// Takes the price of a call before it runs.
    pub(super) fn charge(&self, arguments: &[Val<'_>], budget: &mut Budget) -> Result<(), Fault> {
        if self.price == Price::One {
            return Ok(());
        }
        if let (Price::Least, [first, second]) = (self.price, arguments) {
            return budget.spend_text(first.text_size().min(second.text_size()));
        }
        if let (Price::Product, [first, second, ..]) = (self.price, arguments) {
            budget.spend(first.steps().saturating_mul(second.steps()))?;
        }
        arguments.iter().try_for_each(|argument| budget.spend(argument.steps()))
    }

    /// Runs.
    pub(super) fn call<'a>(&self, arguments: &[Val<'a>], pattern: Option<&Regex>, budget: &mut Budget) -> Result<Val<'a>, Fault> {
        (self.run)(&Call { name: self.name, arguments, pattern }, budget)
    }
}

/// Parts a list of types at the commas that are not inside of one.
fn split(types: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, letter) in types.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(types[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if !types[start..].trim().is_empty() {
        parts.push(types[start..].trim());
    }
    parts
}
