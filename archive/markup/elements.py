"""XML as trees of elements: lxml escapes text and attributes, and characters that XML forbids are dropped."""

import re
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

XHTML_NAMESPACE = "http://www.w3.org/1999/xhtml"
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
XML_LANG = f"{{{XML_NAMESPACE}}}lang"
# XML 1.0, section 2.2: tab, line ends, and these; not even a reference may name any other character.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

XmlElement = Any  # an lxml element
Content = str | XmlElement  # what an element holds


def clean_xml(text: str) -> str:
    """Return ``text`` without characters that XML forbids: controls, lone surrogates, U+FFFE."""
    return text if text.isprintable() else FORBIDDEN.sub("", text)  # the same, but faster


class Vocabulary:
    """Makes the elements of a namespace: ``XHTML("p", {"class": "lead"}, "See ", XHTML("b", "this"))``.

    ``prefixes`` are the prefixes of other namespaces.
    """

    def __init__(self, namespace: str, **prefixes: str) -> None:
        self._tag_start = f"{{{namespace}}}"
        self._prefixes: dict[Any, str] = {None: namespace, **prefixes}  # None: the default namespace

    def __call__(self, name: str, *content: Content | dict[str, str]) -> XmlElement:
        """Return an element with attributes, text and elements."""
        element = etree.Element(self._tag_start + name, nsmap=self._prefixes)
        for item in content:
            if isinstance(item, str):
                _add_text(element, item)
            elif isinstance(item, dict):
                for key, value in item.items():
                    element.set(key, clean_xml(value))
            else:
                element.append(item)
        return element


def xml_file(root: XmlElement) -> bytes:
    """Return an indented XML file. Elements must hold either text or elements, not both."""
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


def xhtml_page(root: XmlElement) -> bytes:
    """Return a page in UTF-8 that XML parsers and browsers read alike."""
    return bytes(etree.tostring(root, encoding="utf-8", doctype="<!DOCTYPE html>"))


def _add_text(element: XmlElement, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + clean_xml(text)
    else:
        element.text = (element.text or "") + clean_xml(text)


XHTML = Vocabulary(XHTML_NAMESPACE)
