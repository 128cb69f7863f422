"""What every container on Fargate has here, in whichever room it runs. Imported by module: the rest of the ground floor loads no ECS."""
