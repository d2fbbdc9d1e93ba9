import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const WHAT_TO_DO = 'Give it to the user that Plumbline runs as, or set PLUMBLINE_DATA_DIR to another folder'

/** The folder, or the nearest above it that there is. */
export function nearestFolder(path: string): string {
  let folder = resolve(path)
  while (!existsSync(folder)) folder = dirname(folder)
  return folder
}

/** Why a data folder cannot be made or written to, and what to do; null where it can. */
export function dataFolderProblem(path: string): string | null {
  const folder = nearestFolder(path)
  if (!statSync(folder).isDirectory())
    return `cannot use the data folder ${resolve(path)}: ${folder} is no folder. ${WHAT_TO_DO}`
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return `cannot write to the data folder ${resolve(path)}: ${(error as NodeJS.ErrnoException).code}. ${WHAT_TO_DO}`
  }
}

/**
 * Makes the data folder where it is missing, for the user alone: telemetry is nobody else's.
 * @throws Error that names the folder and the setting, where it cannot be made or written to
 */
export function makeDataFolder(path: string): void {
  const problem = dataFolderProblem(path)
  if (problem) throw new Error(problem)
  mkdirSync(path, { recursive: true, mode: 0o700 })
}
