"""Menus: `menu` is pure; `menu_task` plays prompts and waits for keys."""
