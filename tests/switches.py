"""Switches, as tests set them without asking an admin."""

ALL_ON = (
    "UPDATE teams SET autopilot = true",
    """INSERT INTO autopilot_switches (team_id, scope, subject, is_on)
    SELECT w.team_id, 'workflow', w.slug, true FROM workflows AS w
    UNION SELECT w.team_id, 'step', w.slug || '/' || (step ->> 'id'), true
    FROM workflows AS w
    JOIN workflow_versions AS v ON v.workflow_id = w.id
    CROSS JOIN jsonb_array_elements(v.definition -> 'steps') AS step""",
)
"""Statements that switch Auto-Pilot on for all teams, their SOPs and steps."""
