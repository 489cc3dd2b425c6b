"""Browsers of this machine and of joined hosts: who may drive one, and what is tidied up after it."""
