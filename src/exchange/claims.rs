//! What Exchange Online wants a token to say, looked at before it is asked: its own refusal names no
//! cause.
//!
//! For diagnosis only. A token that is wrong beyond doubt is refused here; what may be right all the same
//! (a clock, a tenant by another name) is a doubt, and the server decides.

use crate::calendar;
use crate::entra::{Claims, is_guid};
use crate::error::{Error, Kind, Phase, Result};

/// The application permission of Office 365 Exchange Online that opens mailboxes by IMAP.
pub(crate) const PERMISSION: &str = "IMAP.AccessAsApp";

/// The delegated one, which opens the mailbox of the user who signed in.
const DELEGATED: &str = "IMAP.AccessAsUser.All";

/// Exchange Online by its application id, in every tenant.
pub(crate) const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

/// Whether the claims can open a mailbox: an error where they cannot, else what is doubtful about them.
///
/// `tenant` and `client_id` are what the caller believes. A token that was not issued by Entra ID (no
/// `tid`) is a matter between its issuer and its server, and only its times are looked at.
pub(crate) fn judge(claims: &Claims, tenant: Option<&str>, client_id: Option<&str>) -> Result<Vec<String>> {
    if claims.tenant.is_some() {
        refuse(claims)?;
    }
    let now = calendar::now();
    let mut doubts = Vec::new();
    if claims.is_expired() {
        let ago = now.saturating_sub(claims.expires.unwrap_or(now)) / 60;
        doubts.push(format!("the token expired {ago} minutes ago by this machine's clock"));
    }
    if claims.all.get("nbf").and_then(serde_json::Value::as_i64).is_some_and(|start| start > now + 60) {
        doubts.push("the token is not good yet by this machine's clock, which is perhaps slow".to_owned());
    }
    if claims.scopes.is_some() {
        doubts.push("the token is a user's (it has scp), and opens the mailboxes of that user alone".to_owned());
    }
    if let Some(tenant) = tenant.filter(|tenant| is_of_another_tenant(claims, tenant)) {
        doubts.push(format!(
            "the token is of the tenant {}, not of {tenant}",
            claims.tenant.as_deref().unwrap_or_default()
        ));
    }
    if let (Some(theirs), Some(ours)) = (claims.application.as_deref(), client_id)
        && !theirs.eq_ignore_ascii_case(ours)
    {
        doubts.push(format!("the token is of the application {theirs}, not of {ours}"));
    }
    Ok(doubts)
}

/// What no mailbox opens for.
fn refuse(claims: &Claims) -> Result<()> {
    let refused = |why: String| Err(Error::new(Kind::Refused, Phase::Claims, why));
    let roles = claims.roles.join(" ");
    match (&claims.audience, &claims.scopes) {
        (Some(audience), _) if !is_for_exchange(claims) => {
            refused(format!("the token is for {audience}, not for Exchange Online"))
        }
        (_, Some(scopes)) if roles.is_empty() && !has_delegated(claims) => {
            refused(format!("the token is a user's, and its scp ({scopes}) lacks {DELEGATED}"))
        }
        (_, None) if roles.is_empty() => refused(format!("the token has no roles; {PERMISSION} was not granted")),
        _ if !roles.is_empty() && !claims.has_role(PERMISSION) => {
            refused(format!("the token's roles ({roles}) lack {PERMISSION}"))
        }
        _ => Ok(()),
    }
}

/// A user's token that opens mailboxes by IMAP.
pub(crate) fn has_delegated(claims: &Claims) -> bool {
    claims.scopes.as_deref().is_some_and(|scopes| scopes.split(' ').any(|scope| scope == DELEGATED))
}

/// `https://outlook.office365.com` and its like in other clouds, or Exchange Online's application id. A
/// token that names nobody may be anybody's.
pub(crate) fn is_for_exchange(claims: &Claims) -> bool {
    let Some(audience) = claims.audience.as_deref() else { return true };
    audience == EXCHANGE || audience.contains("outlook") || audience.contains("webmail.apps.mil")
}

/// A tenant that is named by a domain cannot be compared.
pub(crate) fn is_of_another_tenant(claims: &Claims, tenant: &str) -> bool {
    let theirs = claims.tenant.as_deref();
    is_guid(tenant) && theirs.is_some_and(|theirs| is_guid(theirs) && !theirs.eq_ignore_ascii_case(tenant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";

    fn judged(claims: &str) -> Result<Vec<String>> {
        let token = Secret::new(format!("e30.{}.s", URL_SAFE_NO_PAD.encode(claims)));
        judge(&Claims::of(&token).unwrap(), Some("aaaabbbb-0000-cccc-1111-dddd2222eeee"), Some(TENANT))
    }

    #[test]
    fn what_opens_no_mailbox_is_refused_with_its_cause() {
        for (claims, cause) in [
            (
                r#""aud":"https://graph.microsoft.com","roles":["IMAP.AccessAsApp"]"#,
                "is for https://graph.microsoft.com",
            ),
            (r#""aud":"https://outlook.office365.com""#, "has no roles"),
            (r#""roles":["Mail.Read","SMTP.SendAsApp"]"#, "roles (Mail.Read SMTP.SendAsApp) lack IMAP.AccessAsApp"),
            (r#""scp":"Mail.Read""#, "its scp (Mail.Read) lacks IMAP.AccessAsUser.All"),
        ] {
            let error = judged(&format!(r#"{{"tid":"{TENANT}",{claims}}}"#)).unwrap_err();
            assert_eq!((error.kind(), error.phase()), (Kind::Refused, Phase::Claims));
            assert!(error.to_string().contains(cause), "{claims}: {error}");
            // Who is not Entra has rules of its own.
            assert!(judged(&format!("{{{claims}}}")).is_ok(), "{claims}");
        }
    }

    #[test]
    fn what_may_be_right_all_the_same_is_a_doubt() {
        let good =
            format!(r#""tid":"{TENANT}","aud":"00000002-0000-0ff1-ce00-000000000000","roles":["IMAP.AccessAsApp"]"#);
        assert_eq!(judged(&format!("{{{good}}}")).unwrap(), Vec::<String>::new());
        for (claims, doubt) in [
            (format!(r#"{good},"exp":1700000000"#), "expired"),
            (format!(r#"{good},"nbf":99999999999"#), "not good yet"),
            (format!(r#"{good},"appid":"other""#), "of the application other"),
            (good.replace(TENANT, "ffffffff-0000-cccc-1111-dddd2222eeee"), "of the tenant ffffffff"),
            (format!(r#""tid":"{TENANT}","scp":"openid IMAP.AccessAsUser.All""#), "a user's"),
        ] {
            let doubts = judged(&format!("{{{claims}}}")).unwrap();
            assert!(doubts.len() == 1 && doubts[0].contains(doubt), "{claims}: {doubts:?}");
        }
    }
}
