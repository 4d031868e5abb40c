"""Write datagen/storage/schema.sql anew: after a migration was added or changed."""

import tempfile
from pathlib import Path

from aquamind.server import EmbeddedServer
from datagen import orm
from datagen.storage import schema

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedServer(Path(folder) / "server")
        server.start()
        orm.use(server.url("postgres"))
        try:
            schema.SCRIPT.write_text(schema.script(), encoding="utf-8")
        finally:
            server.stop("immediate")
