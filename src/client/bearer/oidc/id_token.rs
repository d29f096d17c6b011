//! When an id-token ends, by what stands in it. Its signature is the server's business.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::LoginProblem;

/// So long before its end a token counts as expired, since clocks differ and requests take time.
const EARLY: SignedDuration = SignedDuration::from_secs(10);

/// Whether a token can be shown now; an empty one cannot.
pub(super) fn is_good(token: &str, now: Timestamp) -> Result<bool, LoginProblem> {
    Ok(expiry(token)?.is_some_and(|end| now.checked_add(EARLY).is_ok_and(|soon| soon < end)))
}

/// When a token ends: `None` for an empty one; one that does not say counts as ended long ago.
pub(super) fn expiry(token: &str) -> Result<Option<Timestamp>, LoginProblem> {
    let wrong = |problem: &str| LoginProblem::NotAToken(problem.to_owned());
    if token.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts[..] else { return Err(wrong("it does not have three parts with dots between them")) };
    let claims = URL_SAFE_NO_PAD.decode(payload).map_err(|_| wrong("its second part is not base64url"))?;
    let claims: Value = serde_json::from_slice(&claims).map_err(|_| wrong("its second part holds no JSON"))?;
    let second = match &claims["exp"] {
        Value::Null => 0,
        // Whole or not: both are in use.
        Value::Number(number) => number.as_i64().or(number.as_f64().map(|second| second as i64)).unwrap_or_default(),
        _ => return Err(wrong("exp is no number")),
    };
    Ok(Some(Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    fn good_at(claims: &str, second: i64) -> bool {
        is_good(&token(claims), Timestamp::from_second(second).expect("a time")).expect("a token")
    }

    #[test]
    fn a_token_is_good_until_ten_seconds_before_its_end() {
        assert!(good_at(r#"{"exp": 100}"#, 89));
        assert!(!good_at(r#"{"exp": 100}"#, 90));
        assert!(good_at(r#"{"exp": 100.9}"#, 89));
        assert!(!good_at("{}", 0));
        assert!(good_at(r#"{"exp": 1e300}"#, 100));
        assert!(!good_at(r#"{"exp": -1e300}"#, 100));
        assert!(!is_good("", Timestamp::MIN).expect("none"));
    }

    #[test]
    fn what_is_no_token_is_told_and_not_repeated() {
        let told = |token: &str| expiry(token).expect_err("no token").to_string();
        let of = |problem: &str| format!("the id-token is not a JSON web token: {problem}");
        assert_eq!(told("secret"), of("it does not have three parts with dots between them"));
        assert_eq!(told("a.b.c.d"), of("it does not have three parts with dots between them"));
        assert_eq!(told("a.?.c"), of("its second part is not base64url"));
        assert_eq!(told(&token("secret")), of("its second part holds no JSON"));
        assert_eq!(told(&token(r#"{"exp": "soon"}"#)), of("exp is no number"));
    }
}
