"""Words of this house that an outsider has to decode: documents and docstrings do without them."""

import ast
import re

PRIVATE = re.compile(r"\b(told|beside|brought|goes on|asked for|of the fits)\b", re.IGNORECASE)
LAYERS = ("zoo", "datasets", "pipelines", "experiments", "examples")


def test_documents_and_docstrings_use_words_of_the_field(root):
    texts = {path: path.read_text(encoding="utf-8") for path in root.glob("*.md")}
    texts |= {path: path.read_text(encoding="utf-8") for path in (root / "docs").glob("*.md")}
    for layer in LAYERS:
        for path in (root / layer).rglob("*.py"):
            texts[path] = "\n".join(_docstrings(path.read_text(encoding="utf-8")))
    found = [
        f"{path.relative_to(root)}: …{text[max(0, m.start() - 30) : m.end() + 20]}…"
        for path, text in texts.items()
        for m in PRIVATE.finditer(text)
    ]
    assert found == []


def _docstrings(source):
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            yield text
