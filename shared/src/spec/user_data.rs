//! What an instance runs when it starts.

use serde::{Deserialize, Serialize};

use super::app::HealthPath;

/// EC2 takes 16 KiB of user data before it is encoded.
pub const USER_DATA_MAX_BYTES: usize = 16 * 1024;

/// A script that an instance runs when it first starts. In a spec file it may also be
/// `{file: path}`, which is read and put in its place, so that a spec that was read is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserData(String);

impl UserData {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl schemars::JsonSchema for UserData {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UserData".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "anyOf": [
            { "type": "string", "format": "user-data", "maxLength": USER_DATA_MAX_BYTES },
            {
                "type": "object",
                "properties": {
                    "file": { "type": "string", "minLength": 1, "description": "A path beside the spec." }
                },
                "required": ["file"],
                "additionalProperties": false
            }
        ]})
    }
}

/// A page that says which instance answered, so that targets become healthy with no application
/// there yet. Amazon Linux 2023 carries Python; nothing is downloaded.
pub(super) fn health_page(port: u16, health_path: &HealthPath) -> String {
    format!(
        r#"#!/bin/bash
set -euo pipefail
install -d -m 0755 /opt/health-page
cat > /opt/health-page/serve.py <<'EOF'
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import socket


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path.split("?")[0] in ("/", "{health_path}")
        body = (socket.gethostname() if found else "not found").encode() + b"\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", {port}), Page).serve_forever()
EOF
cat > /etc/systemd/system/health-page.service <<'EOF'
[Unit]
Description=Page that answers health checks
After=network-online.target
Wants=network-online.target
[Service]
ExecStart=/usr/bin/python3 /opt/health-page/serve.py
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
Restart=always
[Install]
WantedBy=multi-user.target
EOF
systemctl daemon-reload
systemctl enable --now health-page.service
"#
    )
}
