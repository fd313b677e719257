//! Entra ID's token endpoint, `POST /{tenant}/oauth2/v2.0/token`, for client credentials.
//!
//! What is checked, in which order, and the words of each refusal follow what the real one
//! answers (AADSTS codes).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};

use native_tls::{Identity, TlsStream};
use serde_json::json;

use assertion::{Federated, Uploaded};
use device::Device;
use refusal::Refusal;

use super::certificate::Authority;
use super::http::{Request, Response};
use super::jwt::{self, TokenShape};
use super::{clock, listen};

pub mod assertion;
pub mod device;
pub mod managed_identity;
mod refusal;

// Identifiers that Microsoft's documentation uses as placeholders.
pub const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
pub const DOMAIN: &str = "contoso.com";
pub const CLIENT_ID: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
/// Not a secret. It holds the characters that a careless form encoder spoils.
pub const SECRET: &str = "not-a-real-secret~+/=&";
pub const SCOPE: &str = "https://outlook.office365.com/.default";

/// The one kind of client assertion.
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The running endpoint.
pub struct Entra {
    port: u16,
    state: Arc<Mutex<State>>,
}

/// What the endpoint knows; tests change it through `Entra::configure`.
pub struct State {
    /// The HMAC key of the access tokens.
    pub key: Vec<u8>,
    pub tenant: String,
    pub domain: String,
    pub client_id: String,
    pub secret: String,
    /// The right secret is answered with AADSTS7000222.
    pub secret_expired: bool,
    /// Where it answers, which an application's assertion must name.
    pub url: String,
    /// How far its clock is ahead of this machine's, in seconds.
    pub ahead: i64,
    pub certificates: Vec<Uploaded>,
    pub federated: Option<Federated>,
    /// The `jti` of every assertion that was taken.
    seen: BTreeSet<String>,
    pub device: Device,
    /// Resources that have a service principal in the tenant, without `/.default`.
    pub resources: Vec<String>,
    pub token: TokenShape,
    pub behaviour: Behaviour,
    /// Every request, good or bad, in order.
    pub requests: Vec<Request>,
}

/// How the endpoint, or what stands before it, behaves.
#[derive(Clone, Debug, PartialEq)]
pub enum Behaviour {
    Normal,
    /// One 429 with `Retry-After`, then normal.
    ThrottleOnce {
        retry_after: u32,
    },
    /// So many 503 without `Retry-After`, then normal.
    Unavailable {
        times: u32,
    },
    /// A proxy's page: 403, 407 or 502, `text/html`.
    ProxyHtml {
        status: u16,
    },
    /// A 200 whose JSON breaks off.
    TruncatedJson,
    /// 307 to another URL; a client that follows would hand over its secret.
    Redirect {
        to: String,
    },
    /// A 200 of so many bytes.
    HugeBody {
        bytes: usize,
    },
    /// Takes the request and never answers.
    Silent,
    /// A good answer whose token has no `roles`.
    WithoutRoles,
    /// The refusal of that AADSTS number.
    Refuses(u32),
    /// That status, type and body, whoever wrote it.
    Says {
        status: u16,
        content_type: &'static str,
        body: &'static str,
    },
}

impl Entra {
    /// Starts with a certificate for `localhost` and 127.0.0.1.
    pub fn start(authority: &Authority) -> Entra {
        Entra::start_as(authority.identity(&["localhost", "127.0.0.1"]))
    }

    pub fn start_as(identity: Identity) -> Entra {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let port = listen::serve(identity, move |stream| serve(stream, &shared));
        let entra = Entra { port, state };
        entra.configure().url = entra.url();
        entra
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// For `AZURE_AUTHORITY_HOST`.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Locks what the endpoint knows, to look at it or to change it.
    pub fn configure(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn behave(&self, behaviour: Behaviour) {
        self.configure().behaviour = behaviour;
    }

    pub fn requests(&self) -> Vec<Request> {
        self.configure().requests.clone()
    }

    pub fn key(&self) -> Vec<u8> {
        self.configure().key.clone()
    }

    /// A token as the endpoint would issue it now, without asking.
    pub fn token(&self) -> String {
        self.configure().mint()
    }
}

impl Default for State {
    fn default() -> State {
        State {
            key: b"a key for the tests and nothing else".to_vec(),
            tenant: TENANT.into(),
            domain: DOMAIN.into(),
            client_id: CLIENT_ID.into(),
            secret: SECRET.into(),
            secret_expired: false,
            url: String::new(),
            ahead: 0,
            certificates: Vec::new(),
            federated: None,
            seen: BTreeSet::new(),
            device: Device::default(),
            resources: vec!["https://outlook.office365.com".into(), "https://graph.microsoft.com".into()],
            token: TokenShape::default(),
            behaviour: Behaviour::Normal,
            requests: Vec::new(),
        }
    }
}

fn serve(stream: TlsStream<TcpStream>, state: &Mutex<State>) {
    let mut stream = BufReader::new(stream);
    let Ok(request) = Request::read(&mut stream) else {
        return;
    };
    let response = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        state.respond(&request)
    };
    match response {
        // A client that has hung up already has made its point.
        Some(response) => drop(response.write(stream.get_mut())),
        None => wait_for_hangup(&mut stream),
    }
    let _ = stream.get_mut().flush();
    let _ = stream.get_mut().shutdown();
}

fn wait_for_hangup(stream: &mut impl Read) {
    while matches!(stream.read(&mut [0; 64]), Ok(1..)) {}
}

impl State {
    /// The answer to one request; `None` is silence.
    fn respond(&mut self, request: &Request) -> Option<Response> {
        let response = match self.behaviour.clone() {
            Behaviour::Silent => return None,
            Behaviour::ThrottleOnce { retry_after } => {
                self.behaviour = Behaviour::Normal;
                busy(429).with("Retry-After", retry_after)
            }
            Behaviour::Unavailable { times: 1.. } => {
                self.one_outage_less();
                busy(503)
            }
            Behaviour::ProxyHtml { status } => proxy_page(status),
            Behaviour::Redirect { to } => Response::new(307, "text/html", "<html>moved</html>").with("Location", to),
            Behaviour::Refuses(code) => Refusal::Coded(code).response(self),
            Behaviour::Says { status, content_type, body } => Response::new(status, content_type, body),
            Behaviour::HugeBody { bytes } => Response::json(200, vec![b' '; bytes]),
            _ => self.answer(request),
        };
        Some(response)
    }

    fn one_outage_less(&mut self) {
        if let Behaviour::Unavailable { times } = &mut self.behaviour {
            *times -= 1;
        }
    }

    fn answer(&mut self, request: &Request) -> Response {
        let response = self.check(request).unwrap_or_else(|refusal| refusal.response(self));
        response.with("Date", clock::http_date(self.now()))
    }

    /// By this endpoint's own clock.
    fn now(&self) -> i64 {
        clock::now() + self.ahead
    }

    fn success(&self, request: &Request) -> Response {
        let lifetime = self.token.lifetime;
        let body = json!({
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": self.mint_for(&request.form()),
        })
        .to_string();
        match self.behaviour {
            Behaviour::TruncatedJson => Response::json(200, &body[..body.len() / 2]),
            _ => Response::json(200, body),
        }
    }

    /// A token for another resource than Exchange has its audience, and none of Exchange's roles.
    fn mint_for(&self, form: &BTreeMap<String, String>) -> String {
        let resource = form.get("scope").and_then(|scope| scope.strip_suffix("/.default")).unwrap_or_default();
        if resource != "https://graph.microsoft.com" {
            return self.mint();
        }
        let token = TokenShape { aud: resource.into(), roles: Vec::new(), ..self.token.clone() };
        jwt::mint(&self.key, &token.claims(&self.tenant, &self.client_id))
    }

    fn mint(&self) -> String {
        let mut token = self.token.clone();
        if self.behaviour == Behaviour::WithoutRoles {
            token.roles.clear();
        }
        self.sign(&token)
    }

    fn sign(&self, token: &TokenShape) -> String {
        jwt::mint(&self.key, &token.claims(&self.tenant, &self.client_id))
    }

    fn check(&mut self, request: &Request) -> Result<Response, Refusal> {
        let path = request.target.split('?').next().unwrap_or_default();
        let (tenant, what) = path.trim_start_matches('/').split_once("/oauth2/v2.0/").ok_or(Refusal::NoSuchPage)?;
        if request.method != "POST" {
            return Err(Refusal::NotPost(request.method.clone()));
        }
        self.check_tenant(tenant)?;
        let form = request.form();
        match (what, form.get("grant_type").map(String::as_str)) {
            ("devicecode", _) => self.invite(&form),
            ("token", Some(device::GRANT)) => self.poll(&form),
            ("token", Some("refresh_token")) => self.refresh(&form),
            ("token", _) => {
                self.check_application(&form)?;
                self.check_scope(&form)?;
                self.check_credential(&form)?;
                Ok(self.success(request))
            }
            _ => Err(Refusal::NoSuchPage),
        }
    }

    fn check_tenant(&self, tenant: &str) -> Result<(), Refusal> {
        if tenant == self.tenant || tenant.eq_ignore_ascii_case(&self.domain) {
            return Ok(());
        }
        let shaped_as_guid = tenant.len() == 36
            && tenant.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && tenant.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        let shaped_as_domain =
            tenant.contains('.') && tenant.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        if shaped_as_guid || shaped_as_domain {
            Err(Refusal::TenantNotFound(tenant.into()))
        } else {
            Err(Refusal::TenantMalformed(tenant.into()))
        }
    }

    fn check_application(&self, form: &BTreeMap<String, String>) -> Result<(), Refusal> {
        match required(form, "grant_type")? {
            "client_credentials" => {}
            other => return Err(Refusal::GrantUnsupported(other.into())),
        }
        self.check_client(form)
    }

    fn check_client(&self, form: &BTreeMap<String, String>) -> Result<(), Refusal> {
        match required(form, "client_id")? {
            id if id == self.client_id => Ok(()),
            other => Err(Refusal::ApplicationNotFound(other.into())),
        }
    }

    fn check_scope(&self, form: &BTreeMap<String, String>) -> Result<(), Refusal> {
        let scope = required(form, "scope")?;
        if !scope.contains("://") {
            return Err(Refusal::ScopeMalformed(scope.into()));
        }
        let resource = scope.strip_suffix("/.default").ok_or_else(|| Refusal::ScopeWithoutDefault(scope.into()))?;
        if self.resources.iter().any(|known| known == resource) {
            Ok(())
        } else {
            Err(Refusal::ResourceNotFound(resource.into()))
        }
    }

    fn check_credential(&mut self, form: &BTreeMap<String, String>) -> Result<(), Refusal> {
        if let Some(assertion) = form.get("client_assertion") {
            if form.get("client_assertion_type").map(String::as_str) != Some(ASSERTION) {
                return Err(Refusal::ParameterMissing("client_assertion_type".into()));
            }
            self.check_assertion(assertion, &self.seen)?;
            self.seen.extend(jwt::claims(assertion).and_then(|claims| Some(claims["jti"].as_str()?.to_owned())));
            return Ok(());
        }
        match form.get("client_secret") {
            None => Err(Refusal::NoCredential),
            Some(secret) if *secret != self.secret => Err(Refusal::SecretWrong),
            Some(_) if self.secret_expired => Err(Refusal::SecretExpired),
            Some(_) => Ok(()),
        }
    }
}

fn required<'a>(form: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str, Refusal> {
    match form.get(name).map(String::as_str) {
        None | Some("") => Err(Refusal::ParameterMissing(name.into())),
        Some(value) => Ok(value),
    }
}

fn busy(status: u16) -> Response {
    let body = json!({
        "error": "temporarily_unavailable",
        "error_description": format!(
            "AADSTS90033: A transient error has occurred. Please try again. Timestamp: {}",
            clock::entra_timestamp(clock::now())
        ),
        "error_codes": [90033],
    });
    Response::json(status, body.to_string())
}

fn proxy_page(status: u16) -> Response {
    let page = format!(
        "<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>Access denied</h1>\
         <p>proxy.example.com has blocked this request.</p></body></html>"
    );
    let response = Response::new(status, "text/html; charset=utf-8", page);
    match status {
        407 => response.with("Proxy-Authenticate", "Basic realm=\"proxy.example.com\""),
        _ => response,
    }
}
