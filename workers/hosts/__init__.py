"""Browsers of this machine and of joined hosts: who may drive one, and what is cleaned up afterwards."""
