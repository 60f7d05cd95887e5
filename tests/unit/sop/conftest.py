"""What tests of documents share."""

LEAST = """
slug: tea
title: Tea
trigger: {description: Somebody wants tea.}
steps:
  - {id: boil, title: Boil water, kind: manual}
  - {id: pour, title: Pour it, kind: manual}
"""
"""The least that is an SOP."""
